import { keptSecret } from './kept-secrets.js';
import { readEnvironment, type Settings } from './settings.js';

/** The settings of this process: the environment, checked, with the secrets that it leaves out. */
export function loadSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const settings = readEnvironment(env);
  return {
    ...settings,
    JWT_SECRET: settings.JWT_SECRET ?? keptSecret(settings.DATA_DIR, 'jwt-secret'),
    MASTER_KEY: settings.MASTER_KEY ?? keptSecret(settings.DATA_DIR, 'master-key'),
  };
}
