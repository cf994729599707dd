import { LockstepError } from '#client';
import { callService } from '../../service-call.js';
import { CANCEL_RESULT, FILL, isDone, REJECT, UNLOCK } from '../runner/bot-call.js';
import { REFUSALS } from '../runner/faults.js';
import { NotShown, RuleBroken } from '../stage/outcomes.js';
import { type Scene, seconds } from '../stage/scene.js';

interface Scenario {
  id: string;
  status: 'running' | 'completed' | 'failed';
  steps: { text: string; order_hash: string | null }[];
}

/** What ends an order beside an answer. */
const ENDS = new Set([FILL, UNLOCK, REJECT]);
const POLL_MS = 200;
/** What a sandbox of an unhurried pace needs. */
const PATIENCE_MS = 180_000;
/** Calls about a suspended order that are no hammering. */
const MAX_WHILE_SUSPENDED = 10;

/** The sandbox's operator suspends and resumes; the answer that comes after that meets 409009 once, as if it lasted. */
export async function suspendedAndResumed(scene: Scene): Promise<string> {
  const { url, config, taker, tape, runner } = scene.stage;
  if (!config.sandbox) throw new NotShown('the service is no sandbox, so no operator suspends an order');
  await scene.connected();
  const sandbox = `${url}/sandbox/scenarios`;
  const hash = (): string | undefined => [...scene.orders][0];
  let refused = 0;
  scene.onCall(({ path, order }) => {
    if (path !== CANCEL_RESULT || order !== hash() || refused > 0) return undefined;
    refused += 1;
    return { kind: 'refused', refusal: REFUSALS.suspended, passed: false };
  });
  let scenario = await start(sandbox, taker);
  const answers = () => tape.callsOf(hash() ?? '').filter(({ path }) => path === CANCEL_RESULT);
  const deadline = performance.now() + PATIENCE_MS;
  let isCut = false;
  while (scenario.status === 'running' && performance.now() < deadline) {
    await tape.until(() => false, POLL_MS);
    scenario = await callService<Scenario>(`${sandbox}/${scenario.id}`);
    const known = scenario.steps.find(({ order_hash }) => order_hash !== null)?.order_hash;
    if (known) scene.orders.add(known);
    const [first] = answers();
    // one that waits for the resumption has missed it; it is asked once more when it connects again
    const isWaiting = first !== undefined && performance.now() - first.at > scene.waits.latePushMs;
    if (isWaiting && answers().length === 1 && !isCut) {
      isCut = true;
      runner.cutLines();
    }
  }
  // the sandbox has ended when the order has, perhaps by an unlock, to which an answer still comes
  await tape.until(() => answers().some(isDone), answers().length > 0 ? scene.waits.answerMs : 0);
  return judged(scene, scenario, answers().some(isDone));
}

function judged(scene: Scene, { status, steps }: Scenario, isAnswered: boolean): string {
  const { tape } = scene.stage;
  const [hash = ''] = scene.orders;
  const calls = tape.callsOf(hash);
  if (!calls.some(({ path }) => path === CANCEL_RESULT)) {
    if (status === 'completed') throw new NotShown('the bot ended the order otherwise than by an answer');
    throw new NotShown(steps.at(-1)?.text ?? 'the sandbox did not play');
  }
  const whileSuspended = calls.filter(({ service }) => service?.code === REFUSALS.suspended.code).length;
  if (whileSuspended > MAX_WHILE_SUSPENDED)
    throw new RuleBroken(`it called ${whileSuspended} times about the order while it was suspended`);
  if (!isAnswered) {
    const endedBy = calls.find((call) => ENDS.has(call.path) && isDone(call))?.path;
    if (endedBy) throw new NotShown(`the bot ended the order by ${endedBy}`);
    throw new RuleBroken(`told 409009, it did not send its answer again within ${seconds(PATIENCE_MS)}`);
  }
  return 'it went on after the resumption, and sent the answer again that had met 409009';
}

async function start(sandbox: string, taker_address: string): Promise<Scenario> {
  try {
    return await callService<Scenario>(sandbox, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'suspend-and-resume', taker_address }),
    });
  } catch (error) {
    if (error instanceof LockstepError) throw new NotShown(`the sandbox does not play it: ${error.details}`);
    throw error;
  }
}
