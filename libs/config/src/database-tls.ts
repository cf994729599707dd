import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import { WrongDatabaseUrl } from './wrong-database-url.js';

/** TLS with these options, or none. */
export type Tls = ConnectionOptions | false;

export interface TlsParameters {
  ssl?: string;
  sslmode?: string;
  sslrootcert?: string;
  sslcert?: string;
  sslkey?: string;
}

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
/** As sslrootcert: the authorities that Node.js trusts. */
const SYSTEM = 'system';

/** How a server is spoken to, in the order in which it is tried: sslmode as libpq has it. */
export function tlsOf(parameters: TlsParameters): Tls[] {
  const mode = modeOf(parameters);
  const { sslrootcert, sslcert, sslkey } = parameters;
  if (!sslcert !== !sslkey) throw new WrongDatabaseUrl('must have sslcert and sslkey together');
  const options: ConnectionOptions = {
    ...trust(mode, sslrootcert),
    ...(sslcert && { cert: contentOf('sslcert', sslcert) }),
    ...(sslkey && { key: contentOf('sslkey', sslkey) }),
  };
  requireUsable(options);
  switch (mode) {
    case 'disable':
      return [false];
    case 'allow':
      return [false, options];
    case 'prefer':
      return [options, false];
    default:
      return [options];
  }
}

function modeOf({ ssl, sslmode, sslrootcert }: TlsParameters): string {
  if (ssl !== undefined && ssl !== 'true') {
    throw new WrongDatabaseUrl('must have sslmode instead of ssl, which may only be true');
  }
  const usual = sslrootcert === SYSTEM ? 'verify-full' : 'prefer';
  const mode = sslmode ?? (ssl ? 'require' : (process.env.PGSSLMODE ?? usual));
  if (!MODES.includes(mode)) throw new WrongDatabaseUrl(`must have one of ${MODES.join(', ')} as sslmode`);
  return mode;
}

/** What is checked of the server's certificate: nothing, that an authority has signed it, or its name too. */
function trust(mode: string, root: string | undefined): ConnectionOptions {
  if (root === SYSTEM && mode !== 'verify-full') {
    throw new WrongDatabaseUrl('must have sslmode=verify-full with sslrootcert=system');
  }
  if (mode === 'verify-ca' && !root) {
    throw new WrongDatabaseUrl('must have an sslrootcert with sslmode=verify-ca');
  }
  const own = root && root !== SYSTEM ? { ca: authorities(root) } : {};
  if (mode === 'verify-full') return own;
  if (mode === 'verify-ca' || (mode === 'require' && root)) {
    return { ...own, checkServerIdentity: () => undefined };
  }
  return { rejectUnauthorized: false };
}

/** Of a file without a certificate Node.js would only say that it trusts nobody. */
function authorities(path: string): string {
  const content = contentOf('sslrootcert', path);
  try {
    new X509Certificate(content).toString();
  } catch {
    throw new WrongDatabaseUrl('has an sslrootcert that is no certificate in PEM format');
  }
  return content;
}

function contentOf(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new WrongDatabaseUrl(`has an ${name} that cannot be read (${code}): ${path}`);
  }
}

function requireUsable({ cert, key }: ConnectionOptions): void {
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new WrongDatabaseUrl(`has an sslcert and sslkey that cannot be used: ${(error as Error).message}`);
  }
}
