import { HAS_NATS_SERVER, NatsServer } from '../../support/nats-server.js';
import { until } from '../../support/until.js';
import type { Fleet, Instance } from '../fleet.js';
import { cut } from '../postgres-proxy.js';
import type { Fault } from './fault.js';

/** Orders that go on while the bus carries nothing. */
const ORDERS_MEANWHILE = 10;

/** Of one instance it breaks, of the other it stays open and falls silent. */
export const lostListen: Fault = {
  name: 'the LISTEN connection cut and black-holed',
  times: 2,
  async inject({ fleet, traffic }, round) {
    const [one, other] = [fleet.instances[round % 2]!, fleet.instances[(round + 1) % 2]!];
    const [broken, silent] = [await listenerOf(one), await listenerOf(other)];
    silent.swallowed = true;
    cut(broken);
    await traffic.goOn(ORDERS_MEANWHILE);
    for (const [instance, lost] of [[one, broken] as const, [other, silent] as const]) {
      await until(
        async () => (await listenerOf(instance)) !== lost,
        `${instance.member.name} to listen anew`,
      );
    }
    await bothCarry(fleet);
    return 2;
  },
};

/** The connection on which an instance listens for wake-ups. */
async function listenerOf({ database, member }: Instance) {
  await until(() => database.listening.length > 0, `${member.name} to listen`);
  return database.listening.at(-1)!;
}

let nats: NatsServer;

export const killedNats: Fault = {
  name: 'nats-server killed and restarted',
  times: 2,
  impossible: () => (HAS_NATS_SERVER ? undefined : 'nats-server is not installed'),
  async prepare({ instances }) {
    nats = await NatsServer.start();
    await restart(instances, { EVENT_BUS: 'nats', NATS_URL: nats.url });
  },
  async inject({ fleet, traffic }) {
    await bothCarry(fleet);
    await nats.stop('SIGKILL');
    await until(async () => (await carrying(fleet)) === 0, 'both instances to notice');
    await traffic.goOn(ORDERS_MEANWHILE);
    await nats.start();
    await bothCarry(fleet);
    return 1;
  },
  async restore({ instances }) {
    await restart(instances);
    await nats.stop();
  },
};

async function restart(instances: readonly Instance[], changes: NodeJS.ProcessEnv = {}): Promise<void> {
  const again = async ({ member }: Instance): Promise<void> => {
    await member.stop();
    await member.start(changes);
  };
  await Promise.all(instances.map(again));
}

function bothCarry(fleet: Fleet): Promise<void> {
  return until(async () => (await carrying(fleet)) === fleet.instances.length, 'the bus to carry again');
}

/** How many instances' event bus works, as they say themselves. */
async function carrying({ urls }: Fleet): Promise<number> {
  const texts = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  return texts.filter((text) => /^lockstep_event_bus_connected(\{[^}]*\})? 1$/m.test(text)).length;
}
