import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { parseBody } from '../json/body.js';
import { rawBodyOf } from '../json/raw-body.js';
import { takePlace } from './admission.js';

/**
 * What comes between the guards, which know who calls and how often, and the call: its body's bytes, so that slow senders
 * hold no places; its place; and only then what the body says.
 */
@Injectable()
export class AdmissionInterceptor implements NestInterceptor {
  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    await rawBodyOf(request.raw);
    await takePlace(request, http.getResponse<FastifyReply>());
    await request.useSignature?.();
    await parseBody(request);
    return next.handle();
  }
}
