import { setMaxListeners } from 'node:events';
import { verdictOf } from '#certificates';
import { hashOrder, readConfig, type Send, settlementOf } from '#client';
import { sentenceOf } from '../refusals.js';
import { readJson } from '../service-call.js';
import type { CertificationReport, RuleResult } from './report.js';
import { Runner } from './runner/runner.js';
import { Tape } from './runner/tape.js';
import { RULES } from './scenarios/index.js';
import type { Proof, Rule } from './scenarios/rule.js';
import { Cast } from './stage/cast.js';
import { NotShown, RuleBroken } from './stage/outcomes.js';
import { Scene, type Stage } from './stage/scene.js';
import { type Waits, WAITS } from './stage/waits.js';

export interface CertifyOptions {
  /** Where the service is. */
  url: string;
  /** Where the bot connects to, on this machine; any free port when left out. */
  port?: number;
  /** The rules that are tried; all when left out. */
  only?: readonly string[];
  waits?: Partial<Waits>;
  /** How many requests the load has. */
  questions?: number;
  /** Is told where the bot connects to. */
  onListening?: (url: string) => void;
  /** Is told what has begun. */
  onProgress?: (text: string) => void;
  /** Is told of each rule as it is judged. */
  onResult?: (result: RuleResult) => void;
  signal?: AbortSignal;
}

export type { Waits };

const QUESTIONS = 200;

/** Tries a bot that connects to the runner, and tells which rules it keeps. Rejects when no bot comes. */
export async function certify(options: CertifyOptions): Promise<CertificationReport> {
  const { url, port = 0, waits, questions = QUESTIONS, onListening, onProgress = () => {} } = options;
  const end = new AbortController();
  const { signal } = end;
  setMaxListeners(0, signal); // whatever waits listens
  if (options.signal?.aborted) end.abort();
  options.signal?.addEventListener('abort', () => end.abort(), { once: true, signal });
  const config = await readConfig({ url, fetch: sendUntil(signal) });
  const openapi = await readJson<{ info: { version: string } }>(`${url}/openapi.json`, { signal });
  const tape = new Tape(signal);
  const settlement = settlementOf(config);
  const runner = await Runner.before(url, port, tape, (terms) => hashOrder(settlement, terms));
  const cast = new Cast(url, config, tape, signal);
  const stage: Stage = {
    url,
    config,
    openapi,
    runner,
    tape,
    cast,
    signal,
    waits: { ...WAITS, ...waits },
    questions,
    taker: '',
  };
  try {
    onListening?.(runner.url);
    // a socket, since only a bot with a right key has one, and since it hears of the first order by it
    if (!(await tape.until(() => runner.openLines.length > 0, stage.waits.firstConnectionMs)))
      throw new Error(
        tape.calls.length > 0 ? 'the bot has called, but opened no socket' : 'no bot has connected',
      );
    // a bot may hear of orders on another socket than of requests, or read the lists
    await tape.until(() => runner.openLines.some(({ hearsOrders }) => hearsOrders), stage.waits.settleMs);
    onProgress('the bot has connected');
    const startedAt = new Date().toISOString();
    await cast.enter();
    const rules = options.only ? RULES.filter(({ name }) => options.only!.includes(name)) : RULES;
    const results = await playAll(stage, rules, options);
    await cast.leave();
    const endedAt = new Date().toISOString();
    return {
      version: 1,
      service: url,
      contractVersion: openapi.info.version,
      taker: stage.taker,
      startedAt,
      endedAt,
      verdict: verdictOf(results),
      rules: results,
    };
  } finally {
    end.abort();
    await runner.stop();
  }
}

/** Sends as fetch does, and gives up with the signal. */
const sendUntil =
  (end: AbortSignal): Send =>
  async (request) => {
    const signal = AbortSignal.any([request.signal, end]);
    try {
      return await fetch(request, { signal });
    } finally {
      // Node 20 loses a signal that nobody keeps
      void signal;
    }
  };

async function playAll(
  stage: Stage,
  rules: readonly Rule[],
  { onResult = () => {}, onProgress = () => {} }: CertifyOptions,
): Promise<RuleResult[]> {
  const results = new Map<Rule, RuleResult>();
  const run = async (rule: Rule, unplayable?: string): Promise<void> => {
    const result = await resultOf(stage, rule, unplayable);
    results.set(rule, result);
    onResult(result);
  };
  const of = (when: Rule['when']): Rule[] => rules.filter((rule) => rule.when === when);
  const unplayable = await meet(stage);
  const together = of('together');
  if (together.length > 0) onProgress(`${together.length} rules at the same time`);
  await Promise.all(together.map((rule) => run(rule, unplayable)));
  for (const rule of of('alone')) {
    onProgress(rule.name);
    await run(rule, unplayable);
  }
  for (const rule of of('at the end')) await run(rule);
  return rules.map((rule) => results.get(rule)!);
}

/** The first order tells who the bot is, and whether it locks any; the reason why nothing can be played otherwise. */
async function meet(stage: Stage): Promise<string | undefined> {
  const scene = new Scene(stage);
  try {
    const { lock } = await scene.lockedOrder();
    stage.taker = lock!.service!.lockedBy!;
    return undefined;
  } catch (error) {
    if (error instanceof NotShown) return error.message;
    throw error;
  } finally {
    scene.end();
  }
}

async function resultOf(stage: Stage, rule: Rule, unplayable: string | undefined): Promise<RuleResult> {
  const scene = new Scene(stage);
  const proof: Proof = { orders: scene.orders, calls: new Set() };
  const told = await (async (): Promise<Pick<RuleResult, 'verdict' | 'reason'>> => {
    try {
      if (unplayable !== undefined) throw new NotShown(unplayable);
      const reason = rule.when === 'at the end' ? await rule.judge(stage, proof) : await rule.play(scene);
      return { verdict: 'pass', reason };
    } catch (error) {
      if (error instanceof RuleBroken) return { verdict: 'fail', reason: error.message };
      if (error instanceof NotShown) return { verdict: 'not shown', reason: error.message };
      stage.signal.throwIfAborted();
      // the runner's own call to the service has failed, for a reason that is not the bot's
      return { verdict: 'not shown', reason: sentenceOf(error) };
    } finally {
      scene.end();
    }
  })();
  const { name, group, rule: sentence } = rule;
  const ofConnection = rule.when === 'alone' ? scene.startedAt : undefined;
  const ofCalls = new Set([...proof.calls].flatMap(({ entries }) => entries));
  const transcript = stage.tape.entries.filter((entry) => {
    const { order, at } = entry;
    if (ofCalls.has(entry)) return true;
    return order === null ? ofConnection !== undefined && at >= ofConnection : scene.orders.has(order);
  });
  return { name, group, rule: sentence, ...told, transcript };
}
