import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until.js';

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

type Value = { stringValue?: string; intValue?: number };
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Value }[];
  links: { traceId: string; spanId: string }[];
  status: { code: number };
}
interface OtlpRequest {
  resourceSpans: {
    resource: { attributes: OtlpSpan['attributes'] };
    scopeSpans: { spans: OtlpSpan[] }[];
  }[];
}

export interface ReceivedSpan extends Omit<OtlpSpan, 'attributes'> {
  service: unknown;
  attributes: Record<string, unknown>;
}

/** What an OpenTelemetry collector is to the service: takes spans by OTLP over HTTP, as JSON. */
export class TraceReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly requests: string[] = [];
  /** What was sent, to the letter. */
  text = '';

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      this.requests.push(`${request.method} ${request.url}`);
      let body = '';
      request.on('data', (data: Buffer) => (body += data.toString()));
      request.on('end', () => {
        this.text += body;
        this.take(JSON.parse(body) as OtlpRequest);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
  }

  static async start(): Promise<TraceReceiver> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new TraceReceiver(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** The first span that matches, heard already or still to come. */
  async hear(matches: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> {
    await until(() => this.spans.some(matches), 'a span');
    return this.spans.find(matches)!;
  }

  /** A trace as text, once it has so many spans: a line each, below the one that it is part of, by their starts. */
  async trace(traceId: string, size: number): Promise<string> {
    const all = () => this.spans.filter((span) => span.traceId === traceId);
    await until(() => all().length >= size, `${size} spans of a trace`);
    const ids = new Set(all().map(({ spanId }) => spanId));
    const linesOf = (spans: ReceivedSpan[], depth: number): string[] =>
      spans
        .toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
        .flatMap(({ name, kind, spanId }) => [
          `${'  '.repeat(depth)}${name} (${KINDS[kind]})`,
          ...linesOf(
            all().filter(({ parentSpanId }) => parentSpanId === spanId),
            depth + 1,
          ),
        ]);
    const first = all().filter(({ parentSpanId }) => !ids.has(parentSpanId ?? ''));
    return linesOf(first, 0).join('\n');
  }

  private take({ resourceSpans }: OtlpRequest): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = valuesOf(resource.attributes)['service.name'];
      for (const { spans } of scopeSpans)
        this.spans.push(
          ...spans.map((span) => ({ ...span, service, attributes: valuesOf(span.attributes) })),
        );
    }
  }
}

const valuesOf = (attributes: OtlpSpan['attributes']): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
