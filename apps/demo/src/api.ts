import { DemoFailure, UnexpectedAnswer } from './demo-failure.js';
import type { Actor, Screen } from './screen.js';
import { shorten } from './short-json.js';

/** How long anything may take that normally happens at once. */
export const PATIENCE_MS = 15_000;

export interface Call {
  method: 'GET' | 'POST';
  /** Below /api/v1. */
  path: string;
  body?: unknown;
  /** The only status with which the play goes on. */
  expect: number;
  /** The fields to print of what is sent, and of the answer; all, when left out. */
  sent?: string[];
  shown?: string[];
}

/** The answer to every call, in success and error. */
export interface Envelope {
  code: number;
  data?: unknown;
  message?: string;
  details?: string;
}

/** One participant's line to the service: each call is printed with its answer, and checked. */
export class Api {
  constructor(
    readonly url: string,
    private readonly actor: Actor,
    private readonly screen: Screen,
    private readonly signal: AbortSignal,
    /** Who calls: the token or key. */
    readonly credentials: Record<string, string> = {},
  ) {}

  async call<T>({ method, path, body, expect, sent, shown }: Call): Promise<T> {
    this.signal.throwIfAborted();
    const target = `${method} /api/v1${path}`;
    this.screen.call(this.actor, target, body, sent);
    const { status, envelope } = await this.fetch(method, `/api/v1${path}`, body);
    if (status !== expect) {
      this.screen.answer(status, envelope);
      throw new UnexpectedAnswer(`${shorten(target)} answered ${status} where ${expect} was expected.`);
    }
    this.screen.answer(status, envelope.data, shown);
    return envelope.data as T;
  }

  private async fetch(
    method: string,
    path: string,
    body: unknown,
  ): Promise<{ status: number; envelope: Envelope }> {
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    try {
      const response = await fetch(this.url + path, {
        method,
        headers: { ...type, ...this.credentials },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.any([this.signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      return { status: response.status, envelope: (await response.json()) as Envelope };
    } catch (error) {
      this.signal.throwIfAborted();
      const { message, cause } = error as Error;
      const reason = cause instanceof Error && cause.message ? cause.message : message;
      throw new DemoFailure(`The service gave no answer to ${method} ${shorten(path)}: ${reason}`);
    }
  }
}
