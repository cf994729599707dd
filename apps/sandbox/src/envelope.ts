import {
  applyDecorators,
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  ValidationPipe,
} from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

// The service's own envelope and validation stand on its table of errors, which is the trading domain's too, and in src, which knows
// nothing of the sandbox. The little that a few calls need is less than a library that both could import.

const RETRY_AFTER_SECONDS = 1;

interface WireError {
  status: number;
  code: number;
  message: string;
}

/** As the service's table of errors has them. */
export const ERRORS = {
  INVALID_PARAMETER: { status: 400, code: 400001, message: 'Invalid parameter' },
  MISSING_HEADER: { status: 401, code: 10010012, message: 'Missing required header' },
  API_KEY_NOT_FOUND: { status: 401, code: 10010009, message: 'API key not found' },
  ROUTE_NOT_FOUND: { status: 404, code: 404000, message: 'Route not found' },
  SCENARIO_NOT_FOUND: { status: 404, code: 404002, message: 'Scenario not found' },
  BODY_TOO_LARGE: { status: 413, code: 413001, message: 'Body too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, code: 415001, message: 'Unsupported media type' },
  NOT_CONFIRMED: { status: 422, code: 422001, message: 'Not confirmed' },
  TOO_MANY_REQUESTS: { status: 429, code: 429001, message: 'Too many requests' },
  UNAVAILABLE: { status: 503, code: 503001, message: 'Service unavailable' },
} as const satisfies Record<string, WireError>;

/** The sandbox does not do what a call asks. */
export class Refusal extends HttpException {
  readonly code: number;

  constructor(
    { status, code, message }: WireError,
    /** For a person. */
    readonly details: string,
    /** When to try again what can be tried again. */
    readonly retryAfterSeconds = RETRY_AFTER_SECONDS,
  ) {
    super(message, status);
    this.code = code;
  }
}

export const invalid = (details: string): Refusal => new Refusal(ERRORS.INVALID_PARAMETER, details);

/** Documents the refusals of a call, each with details as they may read. */
export function ApiRefusals(...refusals: [WireError, string][]): MethodDecorator {
  const statuses = [...new Set(refusals.map(([{ status }]) => status))];
  return applyDecorators(
    ...statuses.map((status) => {
      const values = refusals
        .filter(([error]) => error.status === status)
        .map(([{ code, message }, details]) => ({ code, message, details, docs: docsOf(code) }));
      return ApiResponse({
        status,
        description: values.map(({ code, message }) => `${code} ${message}`).join(', '),
        content: {
          'application/json': {
            schema: { $ref: '#/components/schemas/ErrorAnswer' }, // the service's
            examples: Object.fromEntries(values.map((value) => [value.message, { value }])),
          },
        },
      });
    }),
  );
}

/** Of calls with a body, before it is looked into. */
export const BODY_REFUSALS: [WireError, string][] = [
  [{ status: 400, code: 400002, message: 'Malformed JSON' }, 'the body is not valid JSON'],
  [ERRORS.BODY_TOO_LARGE, 'the body must not be larger than 64 KiB'],
  [ERRORS.UNSUPPORTED_MEDIA_TYPE, 'the content type must be application/json'],
];

const docsOf = (code: number): string => `/docs/errors/${code}`;

/** What Nest and Fastify refuse by themselves. */
function fromFramework(exception: HttpException): Refusal {
  const status = exception.getStatus();
  const error = Object.values(ERRORS).find((known) => known.status === status) ?? ERRORS.INVALID_PARAMETER;
  return new Refusal(error, exception.message);
}

/** Refuses in the service's envelope. */
@Catch(HttpException)
export class EnvelopeFilter implements ExceptionFilter<HttpException> {
  catch(exception: HttpException, host: ArgumentsHost): void {
    const refusal = exception instanceof Refusal ? exception : fromFramework(exception);
    const { code, message, details } = refusal;
    const status = refusal.getStatus();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (status === 429 || status === 503) void reply.header('retry-after', String(refusal.retryAfterSeconds));
    void reply.status(status).send({ code, message, details, docs: docsOf(code) });
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
