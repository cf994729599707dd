import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { TradingError } from '#trading';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { API_ERRORS } from './api-errors.js';
import { failure } from './envelope.js';
import { RETRY_AFTER_SECONDS, toFailure } from './to-failure.js';

/** Answers every error with the envelope. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { error, details } = toFailure(exception, request.id);
    const { status, code } = API_ERRORS[error];
    if (status >= 500) this.logger.error({ requestId: request.id, err: exception });
    if (status === 503) void reply.header('retry-after', RETRY_AFTER_SECONDS);
    if (exception instanceof TradingError && exception.retryAfterSeconds !== undefined) {
      void reply.header('retry-after', exception.retryAfterSeconds);
    }
    reply.errorCode = code;
    void reply.status(status).send(failure(error, details));
  }
}
