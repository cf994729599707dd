/** The package for browsers, and for whatever else has a WebSocket of its own. */
import { Maker, type MakerOptions } from './maker.js';
import { openSocket } from './browser-socket.js';
import { Taker, type TakerOptions } from './taker.js';

export * from './library.js';

export function createTaker(options: TakerOptions): Taker {
  return new Taker(options, openSocket);
}

/** Logs a wallet in. */
export function connectMaker(options: MakerOptions): Promise<Maker> {
  return Maker.connect(options, openSocket);
}
