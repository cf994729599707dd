import { ATTACKS } from './attacks.js';

/** An attack in a process of its own: `stranger.js ATTACK URL SECONDS`. Only the loopback network is ever attacked. */
const [name = '', target = '', seconds = ''] = process.argv.slice(2);
const url = new URL(target);
if (url.hostname !== '127.0.0.1') throw new Error(`${url.hostname} is not this machine`);
await ATTACKS[name]!(url, AbortSignal.timeout(Number(seconds) * 1_000));
process.exit(0);
