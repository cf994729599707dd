import { loadSettings } from '#config';
import { MakersService } from '#trading';
import type { DataSource } from 'typeorm';
import { MakerTokens } from '../../src/auth/maker-tokens.service.js';
import { DATA_DIR } from './cluster.js';

/** Makes the tokens that wallets would get by logging in. */
export async function makerTokens(dataSource: DataSource): Promise<(wallet: string) => string> {
  const tokens = new MakerTokens(loadSettings({ DATA_DIR }), new MakersService(dataSource));
  await tokens.onModuleInit();
  return (wallet) => tokens.issue(wallet, 0);
}
