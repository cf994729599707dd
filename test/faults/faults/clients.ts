import { randomInt } from 'node:crypto';
import type { CancellationRequest, Verdict } from '#client';
import { settled } from '../ledger.js';
import { askAgainAndAgain } from '../handshakes.js';
import { verdictOn, type TakerDesk } from '../participants.js';
import type { Traffic } from '../traffic.js';
import { until } from '../../support/until.js';
import type { Fault } from './fault.js';

/** Of each verdict, beside the one that the session sends. */
const COPIES = 3;
const ORDERS_A_ROUND = 10;
/** Orders whose maker asks and asks, with much to say each time, so that a reader falls behind soon. */
const TALKATIVE_ORDERS = 16;
const BEHIND_PATIENCE_MS = 120_000;
const CLOSE_TRY_AGAIN_LATER = 1013;
/** A peer that has not taken the close frame is cut off. */
const CLOSE_ABNORMAL = 1006;

/** At once and through both instances, with a contrary one among them, and once more when all is over. */
export const repeatedAnswers: Fault = {
  name: 'answers duplicated and reordered',
  times: 2,
  async inject({ traffic }) {
    const sent: Promise<unknown>[] = [];
    for (const desk of traffic.takers)
      desk.onVerdict = (request, verdict) => sent.push(...repeat(desk, request, verdict));
    await traffic.goOn(ORDERS_A_ROUND);
    for (const desk of traffic.takers) desk.onVerdict = undefined;
    await Promise.all(sent);
    return sent.length;
  },
};

function repeat(desk: TakerDesk, request: CancellationRequest, verdict: Verdict): Promise<unknown>[] {
  const same = Array.from({ length: COPIES }, () => verdict);
  same.splice(randomInt(COPIES + 1), 0, verdictOn(request, !verdict.cancel));
  const first = same.map((copy) => send(desk, request, copy));
  return [...first, Promise.all(first).then(() => send(desk, request, verdict))];
}

function send(
  { taker }: TakerDesk,
  request: CancellationRequest,
  { cancel, message }: Verdict,
): Promise<unknown> {
  const { order_hash, metadata } = request;
  const { request_id } = metadata;
  return settled(() =>
    taker.answerCancellation({ order_hash, cancellation_success: cancel, message, request_id }),
  );
}

/** One on each instance, each behind until the service closes it. It reads what is left then, and goes on after the last id. */
export const stoppedReader: Fault = {
  name: 'a reader that stops reading',
  times: 1,
  async inject({ fleet, traffic }, round) {
    const { witnesses } = traffic.takers[round % 2]!;
    const closes = witnesses.map(({ closeCodes }) => closeCodes.length);
    const sockets = await takerSockets(fleet.urls);
    for (const witness of witnesses) witness.pause();
    const areClosed = async () => (await takerSockets(fleet.urls)) <= sockets - witnesses.length;
    try {
      await talkUntil(traffic, round, areClosed);
    } finally {
      for (const witness of witnesses) witness.resume();
    }
    await until(() => witnesses.every(({ closeCodes }, at) => closeCodes.length > closes[at]!), 'the closes');
    const codes = witnesses.map(({ closeCodes }) => closeCodes.at(-1)!);
    if (!codes.every((code) => [CLOSE_TRY_AGAIN_LATER, CLOSE_ABNORMAL].includes(code)))
      throw new Error(`closed with ${codes}`);
    return witnesses.length;
  },
};

/** Gives a taker's socket much to read. */
async function talkUntil(traffic: Traffic, round: number, isOver: () => Promise<boolean>): Promise<void> {
  let over = false;
  const cast = traffic.castOf(round * 2);
  const talk = Array.from({ length: TALKATIVE_ORDERS }, () => askAgainAndAgain(cast, () => over));
  try {
    await until(isOver, 'the service to close the reader', BEHIND_PATIENCE_MS);
  } finally {
    over = true;
    await Promise.all(talk);
  }
}

/** How many sockets takers have, at all instances. */
async function takerSockets(urls: readonly string[]): Promise<number> {
  const texts = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  const counts = texts.map((text) =>
    Number(/^lockstep_sockets\{[^}]*kind="taker"[^}]*\} (\d+)/m.exec(text)![1]),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
