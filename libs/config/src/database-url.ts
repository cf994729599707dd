import { type Tls, tlsOf } from './database-tls.js';
import { WrongDatabaseUrl } from './wrong-database-url.js';

const DEFAULT_PORT = 5432;
const PORT_MAX = 65_535;
/** What is read of the parameters behind the question mark; another one may matter, so it is refused. */
const PARAMETERS = [
  'application_name',
  'dbname',
  'host',
  'options',
  'password',
  'port',
  'ssl',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslrootcert',
  'target_session_attrs',
  'user',
] as const;

type Parameters = Partial<Record<(typeof PARAMETERS)[number], string>>;

/** What a DATABASE_URL says. */
export interface DatabaseAddress {
  /** A host that begins with a slash is the folder of a Unix socket. */
  hosts: { host: string; port: number }[];
  user: string | undefined;
  password: string | undefined;
  database: string | undefined;
  applicationName: string | undefined;
  options: string | undefined;
  /** How each host is spoken to, in the order in which it is tried. */
  tls: Tls[];
  /** Whether a standby will not do. */
  isWritable: boolean;
}

/** Reads a URL as libpq does, but for what it does not know: that is refused. */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  if (!/^postgres(ql)?:\/\//.test(url)) throw new WrongDatabaseUrl('must be a postgres:// URL');
  if (/\s/.test(url)) throw new WrongDatabaseUrl('must not have white space in it: write %20 for a space');
  if (url.includes('#')) throw new WrongDatabaseUrl('must not have a # in it: write %23');
  if (/%(?![0-9a-f]{2})/i.test(url)) {
    throw new WrongDatabaseUrl('has a % that encodes nothing: write %25 for a % itself');
  }
  const [, authority, path = '', search = ''] = /^[a-z]+:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(url)!;
  if (path.includes('@') || search.includes('@')) {
    throw new WrongDatabaseUrl(
      'has an @ behind its hosts: in a name or password write %40 for @, %2F for / and %3F for ?',
    );
  }
  if (/%00/.test(url)) throw new WrongDatabaseUrl('must not have a NUL (%00) in it');
  // without an @ what follows may be the rest of a password
  const parameters = parametersOf(search, authority!.includes('@') || !authority!.includes(':'));
  const [user, password] = credentialsOf(authority!);
  const hosts = hostsOf(authority!.slice(authority!.lastIndexOf('@') + 1), parameters);
  return {
    hosts,
    user: (parameters.user ?? user) || undefined,
    password: (parameters.password ?? password) || undefined,
    database: (parameters.dbname ?? decoded(path)) || undefined,
    applicationName: parameters.application_name,
    options: parameters.options,
    tls: tlsOf(parameters),
    isWritable: isWritable(parameters, hosts.length),
  };
}

function parametersOf(search: string, mayBeTold: boolean): Parameters {
  const parameters: Record<string, string> = {};
  for (const pair of search.split('&').filter(Boolean)) {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map(decoded);
    if (!(PARAMETERS as readonly string[]).includes(name)) {
      throw new WrongDatabaseUrl(
        mayBeTold
          ? `has the unknown parameter "${name}": leave it out; known are ${PARAMETERS.join(', ')}`
          : `has an unknown parameter (in a password write %3F for ?); known are ${PARAMETERS.join(', ')}`,
      );
    }
    parameters[name] = value;
  }
  return parameters;
}

function credentialsOf(authority: string): (string | undefined)[] {
  const end = authority.lastIndexOf('@');
  return end === -1 ? [] : authority.slice(0, end).split(/:(.*)/s).slice(0, 2).map(decoded);
}

/** As libpq has it, parameters count instead of what stands before them, and one port is that of all hosts. */
function hostsOf(text: string, parameters: Parameters): DatabaseAddress['hosts'] {
  const given = text.split(',').map((part) => /^(\[.+\]|[^:]*)(?::(.*))?$/.exec(part) ?? []);
  const hosts = parameters.host?.split(',') ?? given.map(([, host = '']) => decoded(host));
  const ports = parameters.port?.split(',') ?? given.map(([, , port = '']) => port);
  if (ports.length !== 1 && ports.length !== hosts.length) {
    throw new WrongDatabaseUrl('must have one port for all hosts, or one for each');
  }
  return hosts.map((host, index) => ({
    host: host.replace(/^\[(.+)\]$/, '$1') || process.env.PGHOST || 'localhost',
    port: portOf((ports.length === 1 ? ports[0]! : ports[index]!) || process.env.PGPORT),
  }));
}

function portOf(text: string | undefined): number {
  if (!text) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > PORT_MAX) {
    throw new WrongDatabaseUrl(
      `has a port that is no number from 1 to ${PORT_MAX}: in a password write %2F for / and %3F for ?`,
    );
  }
  return port;
}

/** Among several hosts the one is looked for that can be written, unless any will do. */
function isWritable({ target_session_attrs: wanted }: Parameters, hosts: number): boolean {
  switch (wanted) {
    case 'read-write':
    case 'primary':
      return true;
    case 'any':
      return false;
    case undefined:
      return hosts > 1;
  }
  throw new WrongDatabaseUrl('must have read-write, primary or any as target_session_attrs');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new WrongDatabaseUrl('has %-codes that are no UTF-8 text');
  }
}
