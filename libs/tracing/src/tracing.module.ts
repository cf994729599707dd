import { type DynamicModule, Module } from '@nestjs/common';
import { type Tracer, TRACER } from './span.js';

/** Makes a tracer injectable everywhere; an application without this module makes no traces. */
@Module({})
export class TracingModule {
  static with(tracer: Tracer): DynamicModule {
    return {
      module: TracingModule,
      global: true,
      providers: [{ provide: TRACER, useValue: tracer }],
      exports: [TRACER],
    };
  }
}
