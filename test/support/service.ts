import 'reflect-metadata';
import { loadSettings, type Settings } from '#config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import { configureApp } from '../../src/configure-app.js';
import { httpAdapter } from '../../src/http/http-adapter.js';
import { MakerClient, TakerClient } from './clients.js';
import { connectDataSource } from './data-source.js';
import { createTestDatabase } from './database.js';

/** The service on a database of its own, with real HTTP and sockets on a free port. */
export interface TestService {
  url: string;
  databaseUrl: string;
  superuserUrl: string;
  dataSource: DataSource;
  settings: Settings;
  app: NestFastifyApplication;
  newTaker(options?: { addresses?: number }): Promise<TakerClient>;
  newMaker(): Promise<MakerClient>;
  stop(): Promise<void>;
}

/** Settings under which tests run unless they say otherwise: nothing happens but what the test does. */
export const TEST_ENVIRONMENT = {
  JWT_SECRET: 'a-secret-that-only-the-tests-know',
  MASTER_KEY: 'a-master-key-that-only-the-tests-know',
  LOG_LEVEL: 'silent',
  RATE_LIMIT_PER_SECOND: '0',
  CANCELLATION_COOLDOWN_SECONDS: '0',
  MAX_OPEN_ORDERS_PER_MAKER: '0',
  ORDERS_PER_MINUTE_PER_MAKER: '0',
  MAX_LOCKS_PER_TAKER: '0',
  LOGINS_PER_MINUTE_PER_ADDRESS: '0',
  ORDERS_PER_MINUTE_PER_ADDRESS: '0',
  WORKER: 'off',
  SANDBOX: 'off',
};

export function testSettings(environment: NodeJS.ProcessEnv = {}): Settings {
  return loadSettings({ ...TEST_ENVIRONMENT, ...environment });
}

/** Starts the service in this process; a test file can have one at a time. */
export async function startService(environment: NodeJS.ProcessEnv = {}): Promise<TestService> {
  const database = await createTestDatabase();
  const dataSource = await connectDataSource(database.url);
  const settings = testSettings(environment);
  const module = await Test.createTestingModule({
    imports: [AppModule.with(settings, dataSource)],
  }).compile();
  const app = module.createNestApplication<NestFastifyApplication>(httpAdapter(settings), {
    bodyParser: false,
    logger: false,
  });
  configureApp(app);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    url,
    databaseUrl: database.url,
    superuserUrl: database.superuserUrl,
    dataSource,
    settings,
    app,
    newTaker: (options) => TakerClient.create(url, dataSource, settings, options),
    newMaker: () => MakerClient.logIn(url, settings),
    stop: async () => {
      await app.close();
      await database.drop();
    },
  };
}
