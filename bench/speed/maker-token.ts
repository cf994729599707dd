import { loadSettings } from '#config';
import { MakerTokens } from '../../src/auth/maker-tokens.service.js';
import { DATA_DIR } from './cluster.js';

const tokens = new MakerTokens(loadSettings({ DATA_DIR }));

/** The token that a wallet would get by logging in. */
export const makerToken = (wallet: string): string => tokens.issue(wallet);
