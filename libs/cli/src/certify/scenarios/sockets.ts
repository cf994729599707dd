import { randomBytes } from 'node:crypto';
import { isSocket, verdictIn } from '../runner/bot-call.js';
import type { BotLine } from '../runner/bot-line.js';
import { type PushRule, REFUSALS } from '../runner/faults.js';
import { NotShown, RuleBroken } from '../stage/outcomes.js';
import type { PlayedOrder } from '../stage/played-order.js';
import { expectOneVerdict, type Scene, seconds, type Stage } from '../stage/scene.js';
import type { Rule } from './rule.js';

const group = 'sockets';
/** Where a taker reads what it may have missed. */
const LISTS = new Set([
  '/api/v1/orders/available',
  '/api/v1/takers/orders',
  '/api/v1/takers/events',
  '/api/v1/takers/cancellation-requests',
]);
/** How long a pong may take. */
const PONG_MS = 5_000;

export const SOCKETS: Rule[] = [
  {
    name: 'socket-cut-before-push',
    group,
    rule: 'A request that is lost with the socket, before it is pushed, it answers after it has connected again.',
    when: 'alone',
    play: (scene) =>
      cutAtQuestion(scene, (push, line) => {
        line.hold(push, 'lost');
        return true;
      }),
  },
  {
    name: 'socket-cut-during-push',
    group,
    rule: 'A request of which half came when the socket broke, it answers after it has connected again.',
    when: 'alone',
    play: (scene) =>
      cutAtQuestion(scene, (push, line) => {
        line.sendHalf(push);
        return true;
      }),
  },
  {
    name: 'socket-cut-after-push',
    group,
    rule: 'When the socket breaks right after a request was pushed, that gets one verdict all the same.',
    when: 'alone',
    play: (scene) =>
      cutAtQuestion(scene, (push, line) => {
        line.send(push.text);
        return true;
      }),
  },
  {
    name: 'resumes',
    group,
    rule: 'After a lost connection it goes on with the last id that it has heard, or reads the lists, and misses nothing.',
    when: 'alone',
    play: resumes,
  },
  {
    name: 'resync',
    group,
    rule: 'Told resync, it reads the lists, and goes on.',
    when: 'alone',
    play: resynced,
  },
  {
    name: 'two-sockets',
    group,
    rule: 'A request that comes on two of its sockets gets one verdict.',
    when: 'alone',
    play: twoSockets,
  },
  {
    name: 'half-closed',
    group,
    rule: 'When the other side ends the connection without a close frame, it connects again.',
    when: 'alone',
    play: async (scene) => {
      await scene.connected();
      for (const line of scene.stage.runner.openLines) line.halfClose();
      return `${await backAfter(scene, scene.waits.answerMs)}, and answers`;
    },
  },
  {
    name: 'notices-silence',
    group,
    rule: 'When nothing comes any more, heartbeats included, it connects again by itself.',
    when: 'alone',
    play: async (scene) => {
      await scene.connected();
      for (const line of scene.stage.runner.openLines) line.freeze();
      return `${await backAfter(scene, scene.waits.silenceMs)}, and answers`;
    },
  },
  {
    name: 'heartbeats',
    group,
    rule: 'It answers pings.',
    // pings are rare, and any of the run does
    when: 'at the end',
    judge: pinged,
  },
];

async function pinged({ runner, tape, waits }: Stage): Promise<string> {
  const isPinged = (): boolean => runner.openLines.some(({ pings }) => pings > 0);
  const isAnswered = (): boolean => [...runner.lines].some(({ pings, pongs }) => pings > 0 && pongs > 0);
  await tape.until(() => isPinged() || isAnswered(), waits.pingMs);
  if (!isPinged() && !isAnswered()) throw new NotShown(`no ping came within ${seconds(waits.pingMs)}`);
  if (!(await tape.until(isAnswered, PONG_MS)))
    throw new RuleBroken(`it did not answer a ping within ${seconds(PONG_MS)}`);
  return 'it answered a ping';
}

/** Does something with the question, and breaks all sockets off. */
async function cutAtQuestion(scene: Scene, rule: PushRule): Promise<string> {
  const { runner, tape } = scene.stage;
  await scene.connected();
  const order = await scene.lockedOrder();
  let cut: BotLine[] | undefined;
  scene.onQuestion(order, (push, line) => {
    cut ??= runner.openLines;
    if (!cut.includes(line)) return undefined; // connected anew
    rule(push, line);
    // half a frame is written out first
    setImmediate(() => cut!.forEach((each) => each.cut()));
    return true;
  });
  await scene.ask(order);
  const isCut = (): boolean | undefined => cut?.every(({ isOpen }) => !isOpen);
  if (!(await tape.until(isCut, scene.waits.answerMs)))
    throw new NotShown('the request was pushed on no socket of the bot');
  await scene.connected();
  const recorded = await scene.recorded(order);
  await scene.settle();
  expectOneVerdict(order);
  return `it connected again and answered ${verdictIn(recorded)}`;
}

/** Breaks the sockets off, and places an order before the bot can connect again. */
async function placedWhileAway(scene: Scene, known?: (hash: string) => void): Promise<PlayedOrder> {
  await scene.connected();
  const admit = scene.onCall((call) =>
    isSocket(call) ? { kind: 'refused', refusal: REFUSALS.unavailable(1), passed: false } : undefined,
  );
  scene.stage.runner.cutLines();
  try {
    return await scene.placedOrder(known);
  } finally {
    admit();
  }
}

async function resumes(scene: Scene): Promise<string> {
  const { tape } = scene.stage;
  await scene.lockedOrder(); // so that there is something to go on after
  const order = await placedWhileAway(scene);
  const line = await scene.connected();
  const { after } = line;
  if (after !== null && !tape.knownIds.has(after))
    throw new RuleBroken('it asked for what came after an id that it was not told');
  if (!(await scene.isLocked(order, scene.waits.answerMs)))
    throw new RuleBroken('it never locked an order that was placed while it was away');
  const how =
    after === null ? 'without an id, and found in the lists' : 'with the id it had heard, and was told';
  return `it connected again ${how} what was placed while it was away`;
}

async function resynced(scene: Scene): Promise<string> {
  const { tape } = scene.stage;
  let hash: string | undefined;
  let toldAt: number | undefined;
  scene.onLine((line) => {
    if (toldAt !== undefined) return;
    toldAt = performance.now();
    const resync = {
      type: 'resync',
      id: randomBytes(16).toString('hex'),
      timestamp: new Date().toISOString(),
      data: { after: line.after, kept_since: new Date().toISOString() },
    };
    line.send(JSON.stringify(resync), { fault: 'as if events were not kept' });
  });
  // it is not told of the order that was placed while it was away
  scene.onPush((push, line) => {
    if (push.order === null || push.order !== hash || push.type === 'cancellation_request') return undefined;
    line.hold(push, 'not told again');
    return true;
  });
  await placedWhileAway(scene, (known) => (hash = known));
  await scene.connected();
  const read = () =>
    tape.calls.find(({ at, path }) => toldAt !== undefined && at > toldAt && LISTS.has(path));
  const list = await tape.until(read, scene.waits.answerMs);
  if (!list) throw new RuleBroken(`it read no list within ${seconds(scene.waits.answerMs)}`);
  const next = await scene.lockedOrder();
  await scene.ask(next);
  await scene.recorded(next);
  return `it read ${list.path}, and went on`;
}

async function twoSockets(scene: Scene): Promise<string> {
  await scene.connected();
  const count = scene.stage.runner.openLines.length;
  if (count < 2) throw new NotShown('the bot has one socket');
  const order = await scene.lockedOrder();
  await scene.ask(order);
  await scene.recorded(order);
  await scene.settle();
  expectOneVerdict(order);
  if (order.askedOn < 2) throw new NotShown('only one of its sockets hears requests');
  return `asked on ${order.askedOn} sockets, it gave one verdict`;
}

/** Waits for another socket, and tries it. */
async function backAfter(scene: Scene, patienceMs: number): Promise<string> {
  const { runner } = scene.stage;
  const since = performance.now();
  const back = (stage: Stage) => stage.runner.openLines.find(({ openedAt }) => openedAt > since);
  const line = await scene.stage.tape.until(() => back(scene.stage), patienceMs);
  if (!line) throw new RuleBroken(`it did not connect again within ${seconds(patienceMs)}`);
  const tookMs = line.openedAt - since;
  await scene.connected();
  const order = await scene.lockedOrder();
  await scene.ask(order);
  await scene.recorded(order);
  return `it was back after ${seconds(tookMs)} with ${runner.openLines.length} open`;
}
