import 'reflect-metadata';
import { freePort } from '#database';
import type { DataSource } from 'typeorm';
import testDataSource from '../../ormconfig.js';
import { MakerClient, TakerClient } from './clients.js';
import { createTestDatabase } from './database.js';
import { ServiceProcess } from './service-process.js';
import { TEST_ENVIRONMENT, testSettings } from './service.js';

/** The built service on a database of its own, in processes that come and go; a test file can have one. */
export class ExternalService {
  readonly settings = testSettings();

  private constructor(
    readonly url: string,
    readonly dataSource: DataSource,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly dropDatabase: () => Promise<void>,
  ) {}

  static async prepare(environment: NodeJS.ProcessEnv = {}): Promise<ExternalService> {
    const database = await createTestDatabase();
    await testDataSource.setOptions({ url: database.url }).initialize();
    const port = String(await freePort());
    const all = {
      ...TEST_ENVIRONMENT,
      LOG_LEVEL: 'info',
      DATABASE_URL: database.url,
      PORT: port,
      ...environment,
    };
    return new ExternalService(`http://127.0.0.1:${port}`, testDataSource, all, database.drop);
  }

  start(): Promise<ServiceProcess> {
    return ServiceProcess.start(this.environment);
  }

  newTaker(): Promise<TakerClient> {
    return TakerClient.create(this.url, this.dataSource, this.settings);
  }

  newMaker(): Promise<MakerClient> {
    return MakerClient.logIn(this.url, this.settings);
  }

  async drop(): Promise<void> {
    await this.dataSource.destroy();
    await this.dropDatabase();
  }
}
