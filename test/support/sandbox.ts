import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { OrderStatusChange, Session, TakerListeners } from '#client';
import { privateKeyToAddress } from 'viem/accounts';
import type { TakerClient } from './clients.js';
import { ExternalService } from './external-service.js';
import { type Answer, call } from './http.js';
import { expectInvariants } from './invariants.js';
import { ServiceProcess } from './service-process.js';
import { until } from './until.js';

/** A quick pace, with books that fill at once. */
export const SANDBOX_SETTINGS = {
  SANDBOX: 'on',
  SANDBOX_STEP_MS: '200',
  SANDBOX_ORDERS_PER_MINUTE: '600',
  SANDBOX_TICKERS: 'BRK.B,M&M',
  CANCELLATION_TIMEOUT_SECONDS: '2',
  WORKER: 'inline',
};
export const KNOWN_MAKERS = new Set(
  ['a1', 'a2', 'a3'].map((byte) => privateKeyToAddress(`0x${byte.repeat(32)}`).toLowerCase()),
);
export const PLAY_PATIENCE_MS = 60_000;
export const YES = { cancel: true, message: 'Not traded yet' };
export const NO = { cancel: false, message: 'Already trading' };

export interface Scenario {
  id: string;
  name: string;
  status: string;
  started_at: string;
  ended_at: string | null;
  steps: { at: string; text: string; order_hash: string | null }[];
}

/** A taker's bot, and all that it was asked. */
export interface Bot {
  taker: TakerClient;
  asked: string[];
  session: Session;
}

/** Of a bot: which new orders it locks, what it answers, and what it does once it has locked one. */
export interface BotConduct {
  wants: (change: OrderStatusChange) => boolean;
  decide: TakerListeners['onCancellationRequest'];
  onLocked?: ((hash: string, taker: TakerClient) => unknown) | undefined;
}

export const isOfScenario = ({ maker }: OrderStatusChange): boolean => !KNOWN_MAKERS.has(maker);

export async function newBot(
  service: ExternalService,
  { wants, decide, onLocked }: BotConduct,
): Promise<Bot> {
  const taker = await service.newTaker();
  const library = taker.library();
  const asked: string[] = [];
  const session = await library.listen({
    onOrderStatusChange: async (change) => {
      if (change.from_status !== null || !wants(change)) return;
      await library.lock({ order_hash: change.order_hash });
      await onLocked?.(change.order_hash, taker);
    },
    onCancellationRequest: (request) => {
      asked.push(request.order_hash);
      return decide(request);
    },
    onAnswerRefused: () => {}, // it had filled
    onProblem: () => {},
  });
  return { taker, asked, session };
}

export const startScenario = (url: string, json: unknown): Promise<Answer> =>
  call('POST', `${url}/sandbox/scenarios`, { json });

export const scenarioOf = async (url: string, id: string): Promise<Scenario> =>
  (await call('GET', `${url}/sandbox/scenarios/${id}`)).body.data;

/** How a scenario went; it is waited for. */
export async function endOf(url: string, id: string): Promise<Scenario> {
  await until(async () => (await scenarioOf(url, id)).status !== 'running', 'the end', PLAY_PATIENCE_MS);
  return scenarioOf(url, id);
}

/** The sandbox as developers of makers and takers meet it: inline in a service, with real sockets, for the tests of a file. */
export class RunningSandbox {
  private constructor(
    readonly service: ExternalService,
    readonly instance: ServiceProcess,
    private readonly dataDir: string,
  ) {}

  static async start(changes: NodeJS.ProcessEnv = {}): Promise<RunningSandbox> {
    const dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
    const service = await ExternalService.prepare();
    const instance = await service.start({ ...SANDBOX_SETTINGS, DATA_DIR: dataDir, ...changes });
    await sandboxOpens(service.url);
    return new RunningSandbox(service, instance, dataDir);
  }

  get url(): string {
    return this.service.url;
  }

  /** Plays a scenario with a bot to its end. */
  async play(
    name: string,
    { wants = isOfScenario, ...conduct }: Omit<BotConduct, 'wants'> & Partial<BotConduct>,
  ): Promise<Scenario & { texts: string[]; bot: Bot }> {
    const bot = await newBot(this.service, { wants, ...conduct });
    const started = await startScenario(this.url, { name, taker_address: bot.taker.address });
    expect(started).toMatchObject({
      status: 202,
      body: { code: 0, data: { name, status: 'running', ended_at: null, steps: expect.any(Array) } },
    });
    const scenario = await endOf(this.url, started.body.data.id);
    void bot.session.close(); // one that is silent has 10 s for its answer
    const texts = scenario.steps.map(({ text }) => text);
    expect(scenario.steps[0]).toEqual({
      at: expect.stringMatching(/Z$/),
      text: expect.stringMatching(/^The maker places an order: (buy|sell) \d+ (BRK\.B|M&M)$/),
      order_hash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    });
    return { ...scenario, texts, bot };
  }

  async stop(): Promise<void> {
    try {
      await expectInvariants(this.service.dataSource);
    } finally {
      expect(await this.instance.stop()).toBe(0);
      expect(this.instance.stderr).toBe('');
      await this.service.drop();
      rmSync(this.dataDir, { recursive: true });
    }
  }
}

/** The sandbox as a process of its own. */
export const launchSandbox = (environment: NodeJS.ProcessEnv, ...args: string[]): ServiceProcess =>
  ServiceProcess.launch(environment, [process.execPath, 'dist/apps/sandbox/src/main.js', ...args]);

/** The sandbox opens just behind the service; it does not start what it does not know. */
export const sandboxOpens = (url: string): Promise<void> =>
  until(async () => (await startScenario(url, { name: 'burst' })).status !== 503, 'the sandbox to open');
