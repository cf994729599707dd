import { type DatabaseAddress, parseDatabaseUrl, type Tls } from '#config';
import { DatabaseError } from 'pg';
import { DatabaseUnavailableError, messageOf, NoAnswerError } from './database-errors.js';

/** One way to a database: a host, spoken to with TLS or without. */
export interface Way {
  host: string;
  port: number;
  tls: Tls;
}

/** pg_hba.conf may let the same role in with TLS, or without, alone. */
const REFUSED_BY_RULE = '28000';

/** Which of its ways leads to a database now. It is shared by all connections of this process to one URL. */
export class Route {
  private static readonly known = new Map<string, Route>();
  readonly address: DatabaseAddress;
  /** Those of each host, in the order in which they are tried. */
  private readonly ways: Way[][];
  private found: Way | undefined;
  private search: Promise<Way> | undefined;

  private constructor(url: string) {
    this.address = parseDatabaseUrl(url);
    this.ways = this.address.hosts.map(({ host, port }) =>
      // a Unix socket has no TLS
      (host.startsWith('/') ? [false as const] : this.address.tls).map((tls) => ({ host, port, tls })),
    );
  }

  static to(url: string): Route {
    const route = Route.known.get(url) ?? new Route(url);
    Route.known.set(url, route);
    return route;
  }

  /** The way that led there last, or the first that does now; `attempt` tries one. */
  async find(attempt: (way: Way) => Promise<void>): Promise<Way> {
    const [first, ...others] = this.ways.flat();
    if (others.length === 0) return first!;
    if (this.found) return this.found;
    this.search ??= this.tryAll(attempt).finally(() => (this.search = undefined));
    return this.search;
  }

  /** A connection over this way was lost, or led to a server that will not do. */
  forget(way: Way): void {
    if (this.found === way) this.found = undefined;
  }

  /** All hosts at once: one that is silent must not keep the others waiting. */
  private async tryAll(attempt: (way: Way) => Promise<void>): Promise<Way> {
    const hosts = this.ways.map((ways) => firstOf(ways, attempt));
    try {
      this.found = await Promise.any(hosts);
      return this.found;
    } catch (failure) {
      const { errors } = failure as AggregateError;
      if (errors.length === 1) throw errors[0];
      const reasons = errors.map((error, index) => {
        const { host, port } = this.address.hosts[index]!;
        return `${host}:${port}: ${messageOf(error)}`;
      });
      throw new DatabaseUnavailableError(reasons.join('; '), { cause: errors[0] });
    }
  }
}

async function firstOf(ways: Way[], attempt: (way: Way) => Promise<void>): Promise<Way> {
  const errors: unknown[] = [];
  for (const way of ways) {
    try {
      await attempt(way);
      return way;
    } catch (error) {
      errors.push(error);
      const isRefused = error instanceof DatabaseError && error.code !== REFUSED_BY_RULE;
      if (isRefused || error instanceof NoAnswerError) break;
    }
  }
  // PostgreSQL's own words say more than that there is no TLS
  throw errors.find((error) => error instanceof DatabaseError) ?? errors.at(-1);
}
