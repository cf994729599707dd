import dataSource from '../../../ormconfig.js';
import { testSettings } from '../../support/service.js';
import { until } from '../../support/until.js';
import { askedOrder } from '../handshakes.js';
import type { Pair } from '../pair.js';
import { leave, TakerDesk } from '../participants.js';
import { eventsSince } from '../record.js';
import type { Traffic } from '../traffic.js';
import { type Patience, Witness } from '../witness.js';
import type { Fault } from './fault.js';

/** Each with a key of its own, and with as many sockets on each instance. */
const TAKERS = 10;
const SOCKETS_EACH = 100;
/** At a time: how long it takes to open them is not the question here. */
const OPENED_AT_ONCE = 50;
/** Of each taker, while its sockets are away. */
const REQUESTS_MISSED = 3;
const PATIENCE: Patience = { handshakeMs: 10_000, reconnectMs: 1_000 };
const BACK_PATIENCE_MS = 120_000;

interface Group {
  desk: TakerDesk;
  sockets: Witness[];
}

/** Each hears what it missed, from its own place on. */
export const droppedCrowd: Fault<Pair> = {
  name: '2,000 sockets that drop at once and resume',
  times: 1,
  async inject({ fleet: { urls }, traffic }) {
    const groups: Group[] = [];
    try {
      for (let i = 0; i < TAKERS; i += 1) groups.push(await open(i, urls, traffic));
      const sockets = groups.flatMap((group) => group.sockets);
      await askAll(groups, traffic);
      await until(() => sockets.every(({ lastId }) => lastId !== undefined), 'the crowd to hear something');
      let comeBack!: () => void;
      const gate = new Promise<void>((resolve) => (comeBack = resolve));
      for (const socket of sockets) socket.breakOff(gate);
      for (let i = 0; i < REQUESTS_MISSED; i += 1) await askAll(groups, traffic);
      const start = performance.now();
      comeBack();
      await requireAllHeard(groups, traffic.since);
      const ms = Math.round(performance.now() - start);
      process.stdout.write(
        `${sockets.length} sockets were back, and had heard what they missed, in ${ms} ms\n`,
      );
      return 1;
    } finally {
      for (const { desk, sockets } of groups)
        await Promise.all([leave(desk), ...sockets.map((socket) => socket.close())]);
    }
  },
};

async function open(number: number, urls: readonly string[], { ledger }: Traffic): Promise<Group> {
  const name = `taker ${number + 1} of the crowd`;
  const url = urls[number % urls.length]!;
  const desk = await TakerDesk.open(name, url, ledger, testSettings(), dataSource);
  const sockets: Witness[] = [];
  const headers = { 'x-api-key': desk.apiKey };
  while (sockets.length < SOCKETS_EACH * urls.length) {
    const more = Array.from({ length: OPENED_AT_ONCE }, (_, i) =>
      Witness.open(`${urls[i % urls.length]}/ws/taker/v1?types=cancellation_request`, headers, PATIENCE),
    );
    sockets.push(...(await Promise.all(more)));
  }
  return { desk, sockets };
}

/** A handshake with each taker of the crowd, from the order to the verdict. */
async function askAll(groups: readonly Group[], traffic: Traffic): Promise<void> {
  await Promise.all(
    groups.map(async ({ desk }, i) => {
      const order = await askedOrder({ ...traffic.castOf(i), taker: desk }, Promise.resolve());
      await order.end();
    }),
  );
}

/** Every socket has what its taker was asked, each once. */
async function requireAllHeard(groups: readonly Group[], since: string): Promise<void> {
  const events = await eventsSince(dataSource, since);
  const rest = groups.flatMap(({ desk, sockets }) => {
    const expected = events.flatMap((event) => desk.messageOf(event) ?? []).filter(isRequest);
    const ids = expected.map(({ id }) => id).join();
    return sockets.map((socket) => () => idsOf(socket) === ids);
  });
  await until(() => rest.every((isDone) => isDone()), 'the crowd to hear what it missed', BACK_PATIENCE_MS);
}

const isRequest = ({ type }: { type: string }): boolean => type === 'cancellation_request';
const idsOf = ({ frames }: Witness): string => [...new Set(frames.map(({ message }) => message.id))].join();
