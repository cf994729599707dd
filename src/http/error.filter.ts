import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallerGone } from './refusals/caller-gone.js';
import { refuseCall } from './refusals/refuse-call.js';

const logger = new Logger('ErrorFilter');

/** Answers every error of a call with the envelope. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): void {
    answerError(exception, host.switchToHttp().getResponse<FastifyReply>());
  }
}

/** Options of routes that Nest does not know, and whose errors it does not catch. */
export const WITH_ENVELOPE = {
  errorHandler: (error: unknown, _: FastifyRequest, reply: FastifyReply): void => answerError(error, reply),
};

function answerError(error: unknown, reply: FastifyReply): void {
  if (error instanceof CallerGone) return void reply.hijack();
  const { status } = refuseCall(reply, error);
  // an outage is known and may hit thousands of calls: the line of each says what it came from
  if (status === 500) logger.error({ requestId: reply.request.id, err: error });
}
