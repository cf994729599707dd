import { runProgram } from './child-process.js';
import type { Screen } from './screen.js';

const ADMIN = 'apps/admin/src/main.js';

/** The operator of the service, at the admin tool. */
export class Operator {
  constructor(
    private readonly screen: Screen,
    private readonly signal: AbortSignal,
  ) {}

  /** Makes a taker known and issues its key. The key expires by itself: nothing of the demo is left to clean up. */
  async admitTaker(address: string): Promise<{ apiKey: string }> {
    const name = `demo taker ${address.slice(0, 10)}`;
    const taker = await this.admin<{ taker_id: string }>(
      ['taker', 'create', '--name', name, '--address', address],
      ['taker_id', 'addresses'],
    );
    const key = await this.admin<{ api_key: string }>(
      ['key', 'create', '--taker', taker.taker_id, '--expires-in', '1h'],
      ['key_id', 'api_key', 'expires_at'],
    );
    return { apiKey: key.api_key };
  }

  private async admin<T>(args: string[], shown: string[]): Promise<T> {
    this.signal.throwIfAborted();
    const answer = JSON.parse(await runProgram(ADMIN, args)) as T;
    const typed = args.map((arg) => (arg.includes(' ') ? `"${arg}"` : arg)).join(' ');
    this.screen.command(`npm run -s admin -- ${typed}`, answer, shown);
    return answer;
  }
}
