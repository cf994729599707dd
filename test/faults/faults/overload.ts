import { Flood } from '../flood.js';
import { askedOrder } from '../handshakes.js';
import type { Told } from '../ledger.js';
import type { Fault } from './fault.js';

const TIMES_TOO_MUCH = 10;
/** Of the calibration: enough that what is slow the first time does not count. */
const CALLS_TO_WARM_UP = 50;
const CALLS_TO_MEASURE = 100;
/** Cancellation requests whose verdicts are given in the middle of it. */
const VERDICTS = 20;
/** So many calls must have been refused before the verdicts are given. */
const REFUSED_BEFORE = 100;
const PATH = '/api/v1/takers/orders?page_size=1';

/** The rest is refused and may come again; who has to give a verdict does not wait for it. */
export const overload: Fault = {
  name: 'ten times the load it can take',
  times: 1,
  async inject({ fleet, traffic }) {
    const { ledger } = traffic;
    let giveVerdicts!: () => void;
    const overloaded = new Promise<void>((resolve) => {
      giveVerdicts = resolve;
    });
    const orders = await Promise.all(
      Array.from({ length: VERDICTS }, (_, lane) => askedOrder(traffic.castOf(lane), overloaded)),
    );
    const key = traffic.takers[0]!.apiKey;
    const floods = await Promise.all(fleet.urls.map((url) => Flood.against(url, PATH, key)));
    await Promise.all(floods.map((flood) => flood.capacity(CALLS_TO_WARM_UP)));
    const rates = await Promise.all(floods.map((flood) => flood.capacity(CALLS_TO_MEASURE)));
    const before = ledger.told.length;
    const hashes = new Set(orders.map(({ hash }) => hash));
    const verdicts = () =>
      ledger.told.slice(before).filter(({ path, sent }) => isVerdict(path) && hashes.has(sent.order_hash));
    const areRecorded = () =>
      new Set(
        verdicts()
          .filter(isRecorded)
          .map(({ sent }) => sent.order_hash),
      ).size === VERDICTS;
    const refused = () => floods.every(({ answers }) => refusedIn(answers) >= REFUSED_BEFORE);
    const watch = setInterval(() => refused() && giveVerdicts(), 10);
    try {
      await Promise.all(floods.map((flood, i) => flood.offer(rates[i]! * TIMES_TOO_MUCH, areRecorded)));
    } finally {
      clearInterval(watch);
      giveVerdicts();
      for (const flood of floods) flood.close();
    }
    requireVerdictsFirst(verdicts());
    for (const { answers, bare } of floods) requirePolite(answers, bare);
    await Promise.all(orders.map(({ end }) => end()));
    return floods.reduce((sum, { answers }) => sum + refusedIn(answers), 0);
  },
};

const isVerdict = (path: string): boolean => path.endsWith('/orders/cancel-result');
const isRecorded = ({ status }: Told): boolean => status === 200;
const refusedIn = (answers: ReadonlyMap<number, number>): number =>
  (answers.get(429) ?? 0) + (answers.get(503) ?? 0);

function requireVerdictsFirst(verdicts: readonly Told[]): void {
  const refused = verdicts.filter((verdict) => !isRecorded(verdict));
  if (refused.length > 0) throw new Error(`of ${verdicts.length} verdicts ${refused.length} were refused`);
}

/** Some calls were served, the others told when to come again. */
function requirePolite(answers: ReadonlyMap<number, number>, bare: number): void {
  const others = [...answers.keys()].filter((status) => ![200, 429, 503].includes(status));
  if (others.length > 0 || bare > 0 || !answers.has(200))
    throw new Error(`answers ${JSON.stringify([...answers])}, ${bare} without Retry-After`);
}
