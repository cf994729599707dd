import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MESSAGE } from './statement.js';

const run = promisify(execFile);
const SCRIPT = 'bench/speed/load.lua';
/** No call may be without an answer for so long. */
const ANSWER_TIMEOUT_S = 10;

export interface Call {
  /** Which of the heads it has, from 0. */
  head: number;
  body: string;
}

export interface Calls {
  /** Method, path and headers, ready but for Host and Content-Length. */
  heads: { path: string; headers: Record<string, string> }[];
  /** Each is made once, in this order. */
  calls: Call[];
  expectedStatus: number;
}

export interface LoadOptions {
  connections: number;
  /** How long, or with `all` how long at most. */
  seconds: number;
  /** Until each of the calls has its answer. */
  all?: true;
  /** Calls a second, made on time whatever becomes of those before (open loop); left out: as fast as answers come. */
  rate?: number;
  /** The calls may be fewer than could be made, or none may have its answer in time. */
  mayRunOut?: boolean;
}

export interface LoadResult {
  answered: number;
  /** Calls begun: those in flight at the end have no answer counted. */
  sent: number;
  perSecond: number;
  p50: number;
  p99: number;
}

/** Puts load on a server from a process of its own. Throws unless every answer is the expected success. */
export async function load(url: string, calls: Calls, options: LoadOptions): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  try {
    const [heads, bodies] = [join(folder, 'heads'), join(folder, 'calls')];
    await writeFile(heads, calls.heads.map((head) => headLine(url, head)).join('\n'));
    await writeFile(bodies, calls.calls.map(({ head, body }) => `${head + 1}\t${body}`).join('\n'));
    const { connections, seconds, rate = 0, all } = options;
    const wrk = [
      '-t1',
      `-c${connections}`,
      `-d${seconds}s`,
      `--timeout=${ANSWER_TIMEOUT_S}s`,
      '-s',
      SCRIPT,
      url,
    ];
    const script = [heads, bodies, `${calls.expectedStatus}`, `${rate}`, all ? 'all' : 'some'];
    const { stdout } = await run('wrk', [...wrk, '--', ...script]);
    const result = read(stdout, options.mayRunOut);
    if (all && result.answered < calls.calls.length) {
      throw new Error(`${result.answered} of ${calls.calls.length} calls were answered in ${seconds} s`);
    }
    return result;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The accepted answers of these takers to requests about these orders, each of the taker in that place. */
export function answersOf(
  takers: { address: string; apiKey: string }[],
  asked: { order_hash: string; taker: number }[],
): Calls {
  return {
    heads: takers.map(({ apiKey }) => ({
      path: '/api/v1/orders/cancel-result',
      headers: { 'x-api-key': apiKey },
    })),
    calls: asked.map(({ order_hash, taker }) => {
      const { address: taker_address } = takers[taker]!;
      const body = { order_hash, taker_address, cancellation_success: true, message: MESSAGE };
      return { head: taker, body: JSON.stringify(body) };
    }),
    expectedStatus: 200,
  };
}

function headLine(url: string, { path, headers }: Calls['heads'][number]): string {
  const all = { host: new URL(url).host, 'content-type': 'application/json', ...headers };
  return [`POST ${path} HTTP/1.1`, ...Object.entries(all).map(([name, value]) => `${name}: ${value}`)].join(
    '\t',
  );
}

function read(stdout: string, mayRunOut = false): LoadResult {
  const [, json] = /^RESULT (.+)$/m.exec(stdout) ?? [];
  const result = json && JSON.parse(json);
  if (!result || result.bad > 0 || result.errors > 0 || (result.answered === 0 && !mayRunOut)) {
    throw new Error(`not every answer was a success:\n${stdout}`);
  }
  if (result.exhausted && !mayRunOut) throw new Error(`the load ran out of calls:\n${stdout}`);
  const { answered, sent, seconds, p50, p99 } = result;
  return { answered, sent, perSecond: answered / seconds, p50, p99 };
}
