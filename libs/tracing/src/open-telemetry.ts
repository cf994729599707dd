import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import {
  type Context,
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer as OtelTracer,
} from '@opentelemetry/api';
import { parseTraceParent, setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Attributes, Span, SpanOptions, Tracer } from './span.js';

/** A collector that is away must not hold up a stop. */
const CLOSE_TIMEOUT_MS = 2_000;
/** The machine's clock was set when it differs by more: less is a thread that had to wait. */
const CLOCK_SLACK_MS = 100;
const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER };

/** Traces by OpenTelemetry's SDK, which reads its own settings: where to send, what to sample, how many spans may wait. */
export class OpenTelemetryTracer implements Tracer {
  private readonly provider: BasicTracerProvider;
  private readonly spans: SpanMaker;

  constructor(serviceName: string) {
    warnOfFailures();
    this.provider = new BasicTracerProvider({
      resource: defaultResource()
        .merge(resourceFromAttributes({ 'service.name': serviceName }))
        .merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] })),
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
    });
    this.spans = new SpanMaker(this.provider.getTracer('lockstep'));
  }

  begin(name: string, traceparent: string | undefined, options: SpanOptions = {}): Span | undefined {
    // a call comes from elsewhere, and a push may belong to a change that another instance made
    const isRemote = options.kind === 'server' || options.kind === 'producer';
    const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote }) : ROOT_CONTEXT;
    const span = this.spans.start(context, name, options);
    return span.isRecording() ? new OpenTelemetrySpan(this.spans, span) : undefined;
  }

  async close(): Promise<void> {
    const closed = this.provider.shutdown().catch(() => {}); // the log tells of it
    await Promise.race([closed, delay(CLOSE_TIMEOUT_MS)]);
  }
}

/** The SDK's own times are of whole milliseconds, in which a statement disappears. */
class SpanMaker {
  /** Unix milliseconds, with fractions, of the beginning of performance.now(). */
  offset = performance.timeOrigin;

  constructor(private readonly tracer: OtelTracer) {}

  start(
    context: Context,
    name: string,
    { kind, attributes, startTime = performance.now() }: SpanOptions,
  ): OtelSpan {
    const drift = Date.now() - performance.now() - this.offset;
    if (Math.abs(drift) > CLOCK_SLACK_MS) this.offset += drift;
    const options = { kind: kind && KINDS[kind], attributes, startTime: this.offset + startTime };
    return this.tracer.startSpan(name, options, context);
  }
}

class OpenTelemetrySpan implements Span {
  readonly traceparent: string;
  /** At its start: a clock that is set meanwhile must not end it before. */
  private readonly offset: number;

  constructor(
    private readonly spans: SpanMaker,
    private readonly span: OtelSpan,
  ) {
    this.traceparent = traceparentOf(span.spanContext());
    this.offset = spans.offset;
  }

  begin(name: string, options: SpanOptions = {}): Span {
    const context = trace.setSpan(ROOT_CONTEXT, this.span);
    return new OpenTelemetrySpan(this.spans, this.spans.start(context, name, options));
  }

  set(attributes: Attributes): void {
    this.span.setAttributes(attributes);
  }

  link(traceparent: string): void {
    const context = parseTraceParent(traceparent);
    if (context) this.span.addLink({ context });
  }

  end(failure?: unknown): void {
    if (failure) {
      this.span.setAttribute('error.type', typeOf(failure));
      this.span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.span.end(this.offset + performance.now());
  }
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** PostgreSQL's or the system's code, or else the error's name. */
function typeOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  const { code } = failure as { code?: unknown };
  return typeof code === 'string' ? code : failure.name;
}

/** Spans that cannot be sent are dropped: that is all that comes of it. */
function warnOfFailures(): void {
  const logger = new Logger('Traces');
  const warn = (message: string): void => logger.warn(message);
  const ignore = (): void => {};
  const diagnostics = { error: warn, warn, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(diagnostics, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  setGlobalErrorHandler((error) => {
    const { message, code } = error as Partial<NodeJS.ErrnoException>;
    logger.warn(`spans could not be sent and are dropped: ${message || code}`);
  });
}
