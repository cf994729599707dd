export { openTracer } from './open-tracer.js';
export { type Attributes, type Span, type SpanOptions, type Tracer, TRACER } from './span.js';
export { TracingModule } from './tracing.module.js';
