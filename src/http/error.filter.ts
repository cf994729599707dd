import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerGone } from './refusals/caller-gone.js';
import { refuseCall } from './refusals/refuse-call.js';

/** Answers every error with the envelope. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  catch(exception: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (exception instanceof CallerGone) return void reply.hijack();
    const { status } = refuseCall(reply, exception);
    // an outage is known and may hit thousands of calls: the line of each says what it came from
    if (status === 500) this.logger.error({ requestId: reply.request.id, err: exception });
  }
}
