import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

const RETRY_AFTER_SECONDS = 1;

/** The sandbox does not do what a call asks. */
export class Refusal extends HttpException {
  constructor(
    status: number,
    message: string,
    /** For a person. */
    readonly details: string,
  ) {
    super(message, status);
  }
}

/** Refuses in the service's envelope. The code is the status with what is commonest there. */
@Catch(HttpException)
export class EnvelopeFilter implements ExceptionFilter<HttpException> {
  catch(exception: HttpException, host: ArgumentsHost): void {
    const status = exception.getStatus();
    const { message } = exception;
    const details = exception instanceof Refusal ? exception.details : message;
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (status === 429 || status === 503) void reply.header('retry-after', String(RETRY_AFTER_SECONDS));
    void reply.status(status).send({ code: status === 404 ? 404_000 : status * 1000 + 1, message, details });
  }
}
