import type { Settings } from '#config';
import type { Tracer } from './span.js';

/** Traces go where OTEL_EXPORTER_OTLP_ENDPOINT says. Without it none are made, and nothing of OpenTelemetry is loaded. */
export async function openTracer(
  { OTEL_EXPORTER_OTLP_ENDPOINT }: Pick<Settings, 'OTEL_EXPORTER_OTLP_ENDPOINT'>,
  serviceName: string,
): Promise<Tracer | undefined> {
  if (OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return undefined;
  const { OpenTelemetryTracer } = await import('./open-telemetry.js');
  return new OpenTelemetryTracer(serviceName);
}
