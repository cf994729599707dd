import { findSecret, keptSecret } from './kept-secrets.js';
import { LaunchError } from './process-lifecycle.js';
import { type Environment, readEnvironment, type Settings } from './settings.js';

/** Where those secrets are kept under DATA_DIR that the environment leaves out. */
const KEPT = { JWT_SECRET: 'jwt-secret', MASTER_KEY: 'master-key' } as const;
/** Where the key is kept with which the sandbox beside the service signs certificates. */
const CERTIFICATE_KEY = 'certificate-key';

/** The settings of this process: the environment, checked, with the secrets that it leaves out. */
export function loadSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const settings = readEnvironment(env);
  const secret = (name: keyof typeof KEPT) => settings[name] ?? keptSecret(settings.DATA_DIR, KEPT[name]);
  return {
    ...settings,
    JWT_SECRET: secret('JWT_SECRET'),
    MASTER_KEY: secret('MASTER_KEY'),
    SANDBOX_CERTIFICATE_KEY: certificateKey(settings, keptSecret),
  };
}

/**
 * The same beside the service, which alone makes secrets: it would not know one that was made here. One that is neither
 * given nor kept is missed where it is needed.
 */
export function loadToolSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const settings = readEnvironment(env);
  const secret = (name: keyof typeof KEPT): string => {
    const known = settings[name] ?? findSecret(settings.DATA_DIR, KEPT[name]);
    if (known !== undefined) return known;
    throw new LaunchError(
      `${name} must be set as the service has it: DATA_DIR (${settings.DATA_DIR}) holds none of a service`,
    );
  };
  return {
    ...settings,
    SANDBOX_CERTIFICATE_KEY: certificateKey(settings, findSecret),
    get JWT_SECRET() {
      return secret('JWT_SECRET');
    },
    get MASTER_KEY() {
      return secret('MASTER_KEY');
    },
  };
}

function certificateKey(
  { SANDBOX, SANDBOX_CERTIFICATE_KEY, DATA_DIR }: Environment,
  keptIn: typeof findSecret,
): string | undefined {
  return SANDBOX === 'on' ? (SANDBOX_CERTIFICATE_KEY ?? keptIn(DATA_DIR, CERTIFICATE_KEY)) : undefined;
}
