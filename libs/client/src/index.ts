/** The package for Node, Deno and Bun. */
import { Maker, type MakerOptions } from './maker.js';
import { openSocket } from './node-socket.js';
import { Taker, type TakerOptions } from './taker.js';

export * from './library.js';

export function createTaker(options: TakerOptions): Taker {
  return new Taker(options, openSocket);
}

/** Logs a wallet in. */
export async function connectMaker(options: MakerOptions): Promise<Maker> {
  const maker = new Maker(options, openSocket);
  await maker.token();
  return maker;
}
