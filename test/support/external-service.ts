import 'reflect-metadata';
import { freePort } from '#database';
import { DataSource } from 'typeorm';
import ormconfig from '../../ormconfig.js';
import { MakerClient, TakerClient } from './clients.js';
import { createTestDatabase } from './database.js';
import { ServiceProcess } from './service-process.js';
import { TEST_ENVIRONMENT, testSettings } from './service.js';

/** The built service on a database of its own, in processes that come and go. */
export class ExternalService {
  readonly settings = testSettings();

  private constructor(
    readonly url: string,
    readonly dataSource: DataSource,
    readonly environment: NodeJS.ProcessEnv,
    private readonly dropDatabase: () => Promise<void>,
  ) {}

  /** On a migrated database of its own. */
  static async prepare(): Promise<ExternalService> {
    const database = await createTestDatabase();
    return ExternalService.on(database.url, database.drop);
  }

  /** On a given database, which its first start migrates. */
  static async on(databaseUrl: string, dropDatabase = async () => {}): Promise<ExternalService> {
    const dataSource = new DataSource({ ...ormconfig.options, url: databaseUrl } as typeof ormconfig.options);
    await dataSource.initialize();
    const port = String(await freePort());
    const environment = { ...TEST_ENVIRONMENT, LOG_LEVEL: 'info', DATABASE_URL: databaseUrl, PORT: port };
    return new ExternalService(`http://127.0.0.1:${port}`, dataSource, environment, dropDatabase);
  }

  start(changes: NodeJS.ProcessEnv = {}, command?: string[]): Promise<ServiceProcess> {
    return ServiceProcess.start({ ...this.environment, ...changes }, command);
  }

  newTaker(options?: { addresses?: number }): Promise<TakerClient> {
    return TakerClient.create(this.url, this.dataSource, this.settings, options);
  }

  newMaker(): Promise<MakerClient> {
    return MakerClient.logIn(this.url, this.settings);
  }

  async drop(): Promise<void> {
    await this.dataSource.destroy();
    await this.dropDatabase();
  }
}
