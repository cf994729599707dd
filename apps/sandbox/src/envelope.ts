import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  HttpStatus,
  ValidationPipe,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';

// The service's own envelope and validation stand on its table of errors, which is the trading domain's too, and in src, which knows
// nothing of the sandbox. The little that a few calls need is less than a library that both could import.

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

export const invalid = (details: string): Refusal =>
  new Refusal(HttpStatus.BAD_REQUEST, 'Invalid parameter', details);

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

/** Reads bodies as the service does. */
export function bodies(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (errors) =>
      invalid(
        errors
          .map(({ property, constraints }) => `${property} ${Object.values(constraints ?? {}).join(' and ')}`)
          .join('; '),
      ),
  });
}
