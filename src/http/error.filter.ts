import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallerGone } from './refusals/caller-gone.js';
import { refusalOf } from './refusals/refusal.js';

/** Answers every error with the envelope. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (exception instanceof CallerGone) return void reply.hijack();
    const { status, code, headers, body, reason } = refusalOf(exception, request.id);
    // an outage is known and may hit thousands of calls: the line of each says what it came from
    if (status === 500) this.logger.error({ requestId: request.id, err: exception });
    reply.errorCode = code;
    reply.reason = reason;
    // a handler that fails may have said that it would answer something else
    const type = { 'content-type': 'application/json; charset=utf-8' };
    void reply
      .status(status)
      .headers({ ...headers, ...type })
      .send(body);
  }
}
