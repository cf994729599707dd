import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { checkClients } from './check-clients.js';
import type { Evidence } from './evidence.js';
import { Cluster } from './cluster.js';
import { FAULTS } from './faults/index.js';
import { Fleet } from './fleet.js';
import { untilQuiet } from './quiet.js';
import { PATIENCE_MS, playEach } from './suite.js';
import { Traffic } from './traffic.js';
import type { Frame, SocketLife } from './witness.js';

/**
 * Two API instances and two workers under load, and everything that can go wrong. After each fault all 23 invariants
 * must hold: those of the database, and those between the database and what clients were told.
 */
const ORDERS_WITHOUT_FAULT = 20;
const FOREVER_MS = 60_000;
const NORMAL_CLOSURE = 1000;

type Listener = Evidence['participants'][number];

const stage = playEach(FAULTS, async () => Fleet.start(await Cluster.start()));

test(
  'without a fault all holds, and each check between clients and database can fail',
  async () => {
    const { fleet, settings, dataSource } = stage();
    const traffic = await Traffic.begin(fleet, settings, dataSource);
    await traffic.start();
    await traffic.goOn(ORDERS_WITHOUT_FAULT);
    await traffic.stop();
    await untilQuiet(dataSource, traffic);
    await traffic.close();
    const evidence = await traffic.evidence(dataSource);
    const { told, waits, participants, record } = withOpenSockets(evidence);
    const broken = (changes: Partial<Evidence>): number[] =>
      checkClients({ told, waits, participants, record, ...changes })
        .filter(({ violations }) => violations > 0)
        .map(({ number }) => number);
    expect(broken({})).toEqual([]);

    const at = told.findIndex(({ path, status }) => path.endsWith('/unlock') && status === 200);
    const unlock = told[at]!;
    expect(broken({ told: told.with(at, { ...unlock, callId: 'another' }) })).toEqual([15]);
    expect(broken({ told: told.with(at, { ...unlock, status: 409 }) })).toEqual([16]);

    const [one, other] = [participants[0]!, participants[1]!];
    const frames = framesOf(one.witnesses[0]!.sockets);
    const otherFrames = framesOf(other.witnesses[0]!.sockets);
    const heardBy = (...sockets: SocketLife[]) => ({
      participants: participants.with(0, heardOn(one, sockets)),
    });
    expect(broken(heardBy({ frames: frames.toSpliced(1, 1) }))).toEqual([17, 19]);
    expect(broken(heardBy({ frames: frames.toReversed() }))).toEqual([17]);
    expect(broken(heardBy({ frames: [...frames, otherFrames[0]!] }))).toEqual([17, 18]);
    const untold = { ...one, heard: one.heard.slice(0, -1) };
    expect(broken({ participants: participants.with(0, untold) })).toEqual([17]);

    const [first, second] = [frames.slice(0, 2), frames.slice(2)];
    expect(broken(heardBy({ frames: first, closeCode: NORMAL_CLOSURE }, { frames: second }))).toEqual([]);
    expect(broken(heardBy({ frames: first }, { frames: second }))).toEqual([19]);
    expect(broken({ waits: [...waits, { call: 'any', ms: FOREVER_MS }] })).toEqual([20]);

    const undone = { record, since: 0 };
    const timeOf = ({ message }: Frame): number => Date.parse(message.timestamp);
    // what happened in the same millisecond may have been undone with the gap
    const end = frames.findIndex(
      (frame, i) => i > 2 && frames.slice(0, i).every((earlier) => timeOf(earlier) < timeOf(frame)),
    );
    const [gap, rest] = [frames.slice(1, end), frames.slice(end)];
    const resync = (id: string): Frame => ({
      message: { type: 'resync', id, timestamp: '', data: { after: '', kept_since: null } },
      at: Math.max(...gap.map(timeOf)),
    });
    const resumed = [
      { frames: frames.slice(0, 1), closeCode: NORMAL_CLOSURE },
      { frames: [resync('another'), ...rest] },
    ];
    expect(broken({ ...heardBy(...resumed), undone })).toEqual([]);
    expect(broken(heardBy(...resumed))).toEqual([17, 18]);
    const tooEarly = [resumed[0]!, { frames: [resync('another'), ...rest.slice(1)] }];
    expect(broken({ ...heardBy(...tooEarly), undone })).toEqual([17, 19]);
  },
  PATIENCE_MS,
);

/** As they were before the traffic was closed. */
function withOpenSockets(evidence: Evidence): Evidence {
  const participants = evidence.participants.map((participant) => ({
    ...participant,
    witnesses: participant.witnesses.map(({ sockets }) => ({ sockets: [{ frames: framesOf(sockets) }] })),
  }));
  return { ...evidence, participants };
}

const framesOf = (sockets: readonly SocketLife[]): Frame[] => sockets.flatMap(({ frames }) => frames);

const heardOn = (participant: Listener, sockets: SocketLife[]): Listener => ({
  ...participant,
  witnesses: [{ sockets }],
});
