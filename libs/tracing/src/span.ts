/** What is told of a span; what is undefined is left out. */
export type Attributes = Record<string, string | number | undefined>;

export interface SpanOptions {
  /** Internal to the process unless told otherwise. */
  kind?: 'server' | 'client' | 'producer';
  attributes?: Attributes;
  /** By performance.now(); this moment, when left out. */
  startTime?: number;
}

/**
 * Something that takes time, as a part of a trace. It goes along with the call as a value, and what is done for the call begins
 * spans below it.
 */
export interface Span {
  /** Its place, in the form of W3C Trace Context: by that it goes where no object can. */
  readonly traceparent: string;
  begin(name: string, options?: SpanOptions): Span;
  set(attributes: Attributes): void;
  /** Points to a span that it has to do with, in another trace perhaps. */
  link(traceparent: string): void;
  /** With what it failed by, if it did, whose type alone is told: messages may hold what callers sent. */
  end(failure?: unknown): void;
}

/** Makes the spans that do not begin below one at hand, and sends all of them. */
export interface Tracer {
  /** Below the span that is named, or else as the first of a new trace; undefined where it is not to be recorded. */
  begin(name: string, traceparent: string | undefined, options?: SpanOptions): Span | undefined;
  /** Sends what has ended, or gives up after a moment. */
  close(): Promise<void>;
}

/** Dependency injection token of the {@link Tracer}, which is there only where traces are on. */
export const TRACER = Symbol('Tracer');
