import { once } from 'node:events';
import { type CancellationRequest, LockstepError, type Session, type TakerMessage, termsOf } from '#client';
import { WebSocket } from 'ws';
import { type Answer, HandmadeBot } from './handmade-bot.js';

/** Takes a request that was pushed before for one that it has seen. */
export class Dropper extends HandmadeBot {
  protected override accepts(request: CancellationRequest): boolean {
    return !request.metadata.redelivered && super.accepts(request);
  }
}

/** Decides anew whenever it is asked. */
export class Waverer extends HandmadeBot {
  private readonly verdicts = new Map<string, boolean>();

  protected override accepts(): boolean {
    return true;
  }

  protected override verdictOn({ metadata }: CancellationRequest): boolean {
    const verdict = !this.verdicts.get(metadata.request_id);
    this.verdicts.set(metadata.request_id, verdict);
    return verdict;
  }
}

/** Says no to what another of its kind gives up. */
export class Refuser extends HandmadeBot {
  protected override verdictOn(): boolean {
    return false;
  }
}

/** Leaves it at that when it hears nothing. */
export class Quitter extends HandmadeBot {
  protected override triesAgain(error: unknown): boolean {
    return error instanceof LockstepError && super.triesAgain(error);
  }
}

/** Leaves it at that when the service has a fault, or an operator suspends. */
export class Resigner extends HandmadeBot {
  protected override triesAgain(error: unknown): boolean {
    const isPassing = error instanceof LockstepError && [409, 500].includes(error.status);
    return !isPassing && super.triesAgain(error);
  }
}

/** Does not take no for an answer. */
export class Stubborn extends HandmadeBot {
  protected override triesAgain(): boolean {
    return true;
  }

  protected override waitsAfter(): number {
    return 100;
  }
}

/** Says again what was recorded. */
export class Repeater extends HandmadeBot {
  protected override async send(answer: Answer): Promise<unknown> {
    await super.send(answer);
    return super.send(answer);
  }
}

/** Thinks better of it when it has to wait. */
export class Impatient extends HandmadeBot {
  protected override send(answer: Answer): Promise<unknown> {
    const { cancellation_success } = answer;
    const other = this.pause(1_000).then(() =>
      super.send({ ...answer, cancellation_success: !cancellation_success }),
    );
    return Promise.race([super.send(answer), other]);
  }
}

/** Trades what it has given up. */
export class Filler extends HandmadeBot {
  protected override async afterAnswer({ order_hash }: CancellationRequest): Promise<unknown> {
    return this.fill(order_hash);
  }

  protected async fill(order_hash: string): Promise<unknown> {
    const order = await this.client.order(order_hash);
    const { signature, quantity } = order;
    const trade = { order: termsOf(order), signature, fill_quantity: quantity, taker_incentive: '0' };
    return this.client.fill(trade);
  }
}

/** Gives up what it has traded. */
export class Trader extends Filler {
  protected override async send(answer: Answer): Promise<unknown> {
    await this.fill(answer.order_hash);
    return super.send(answer);
  }
}

/** Claims to keep what it has given back. */
export class Unlocker extends Refuser {
  protected override async send(answer: Answer): Promise<unknown> {
    await this.client.unlock({ order_hash: answer.order_hash });
    return super.send(answer);
  }
}

/** Comes back when it likes. */
export class Hasty extends HandmadeBot {
  protected override readonly restartMs = 20;

  protected override waitsAfter(): number {
    return this.restartMs;
  }
}

/** Asks for what the service does not know. */
export class Misspeller extends HandmadeBot {
  protected override afterAnswer(): Promise<unknown> {
    return this.client.orders({ pagesize: 5 } as object);
  }
}

/** Believes its own clock: it leaves what seems to be all but over, or not to have begun. */
export class Clockwatcher extends HandmadeBot {
  protected override accepts(request: CancellationRequest): boolean {
    const left = Date.parse(request.metadata.expires_at) - Date.now();
    return left > 1_500 && left < 60_000 && super.accepts(request);
  }
}

/** Reads only what it knows in full. */
export class Pedant extends HandmadeBot {
  protected override accepts(request: CancellationRequest): boolean {
    const known = new Set(['order_hash', 'maker', 'reason', 'metadata']);
    return Object.keys(request).every((name) => known.has(name)) && super.accepts(request);
  }
}

/** Answers every other request. */
export class Idler extends HandmadeBot {
  private asked = 0;

  protected override accepts(request: CancellationRequest): boolean {
    return this.asked++ % 2 === 0 && super.accepts(request);
  }
}

/** Goes on as if it had missed nothing. */
export class Optimist extends HandmadeBot {
  protected override async goOnAnew(): Promise<undefined> {}
}

/** Goes for good when a connection is lost. */
export class Leaver extends HandmadeBot {
  protected override missConnection(): void {
    this.stop.abort();
  }
}

/** Has a socket of its own making, without the answers to pings, and starts anew after what it does not know. */
export class Loner extends HandmadeBot {
  protected override async connect(): Promise<Pick<Session, 'close' | 'ended'>> {
    const url = `${this.url.replace('http', 'ws')}/ws/taker/v1?types=order_status_change,cancellation_request`;
    const socket = new WebSocket(url, { headers: { 'x-api-key': this.taker.apiKey }, autoPong: false });
    await once(socket, 'open');
    socket.on('message', (frame: Buffer) => {
      const message = JSON.parse(frame.toString()) as TakerMessage | { type: 'heartbeat' };
      if (message.type === 'order_status_change' || message.type === 'cancellation_request')
        void this.hear(message).catch(() => {});
      else if (message.type !== 'heartbeat') socket.close();
    });
    const ended = once(socket, 'close').then(() => undefined);
    return {
      ended,
      close: () => {
        socket.terminate();
        return ended;
      },
    };
  }
}

/** Does not remember what it has heard. */
export class Forgetter extends Loner {
  protected override isNew(): boolean {
    return true;
  }
}
