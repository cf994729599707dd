import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { enterLane } from './admission.js';
import { readBody } from './body.js';

/** What comes between the guards, which know who calls and how often, and the call: its place, and only then its body. */
@Injectable()
export class AdmissionInterceptor implements NestInterceptor {
  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    await enterLane(request, http.getResponse<FastifyReply>());
    await request.useSignature?.();
    readBody(request);
    return next.handle();
  }
}
