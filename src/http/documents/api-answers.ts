import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiParam,
  ApiProperty,
  ApiResponse,
  ApiSchema,
  getSchemaPath,
} from '@nestjs/swagger';
import { CALL_ID_PATTERN } from '../call-id.js';
import { EXAMPLES, LENGTHS, PATTERNS } from '../json/fields.js';
import { API_ERRORS, type ApiErrorName } from '../refusals/api-errors.js';
import { failure } from '../refusals/failure.js';
import { ErrorAnswer } from './error-answer.dto.js';

/** The headers of answers, as the document defines them once. */
export const ANSWER_HEADERS = {
  'X-Request-Id': {
    description: "The request's own id, or else one made for it; the logs have it too",
    required: true,
    schema: { type: 'string', pattern: CALL_ID_PATTERN, maxLength: 128, example: EXAMPLES.uuid },
  },
  'Retry-After': {
    description: 'Seconds after which to try again',
    required: true,
    schema: { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1, example: 1 },
  },
  'RateLimit-Policy': {
    description:
      'What the call counted for: `q` calls, logins or orders in `w` seconds (draft-ietf-httpapi-ratelimit-headers-10)',
    required: false,
    schema: { type: 'string', maxLength: 200, example: '"calls";q=200;w=1' },
  },
  RateLimit: {
    description: 'How many of each are left, `r`, until it begins anew in `t` seconds',
    required: false,
    schema: { type: 'string', maxLength: 200, example: '"calls";r=199;t=1' },
  },
  Link: {
    description: 'Where there are more: `<…>; rel="next"`, relative to the address of this call (RFC 8288)',
    required: false,
    schema: {
      type: 'string',
      maxLength: 200,
      example: `<available?limit=1000&after=${EXAMPLES.hash}>; rel="next"`,
    },
  },
} as const;

const header = (name: keyof typeof ANSWER_HEADERS) => ({ [name]: { $ref: `#/components/headers/${name}` } });

/** Of each answer to a call that is counted. */
export const RATE_LIMIT_HEADERS = { ...header('RateLimit-Policy'), ...header('RateLimit') };

/** Documents a success: the envelope around a DTO, or around an array of it. */
export function ApiSuccess(
  status: number,
  data: Type | [Type],
  description: string,
  ...more: (keyof typeof ANSWER_HEADERS)[]
): MethodDecorator {
  const headers = Object.assign(header('X-Request-Id'), ...more.map(header));
  return ApiResponse({ status, description, type: envelopeOf(data), headers });
}

/** Of a list without pages. */
export const LIST_MAX = 1_000;

/** The class of an envelope, so that generated code has a name for it: OrderView comes in an OrderResponse. */
function envelopeOf(data: Type | [Type]): Type {
  const [dto, suffix] = Array.isArray(data) ? [data[0], 'ListResponse'] : [data, 'Response'];
  class Envelope {}
  ApiSchema({ name: dto.name.replace(/(Answer|View)$/, '') + suffix })(Envelope);
  ApiProperty({ type: 'integer', minimum: 0, maximum: 0, enum: [0], description: '0: success', example: 0 })(
    Envelope.prototype,
    'code',
  );
  ApiProperty({
    type: data,
    description: 'What was asked for',
    ...(Array.isArray(data) && { maxItems: LIST_MAX }),
  })(Envelope.prototype, 'data');
  return Envelope;
}

/** What every call can answer beside its own errors. */
const COMMON_ERRORS: ApiErrorName[] = ['INVALID_PARAMETER', 'TOO_MANY_REQUESTS', 'INTERNAL', 'UNAVAILABLE'];
const BODY_ERRORS: ApiErrorName[] = ['MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];
/** These tell when to try again. */
const RETRIABLE: ReadonlySet<number> = new Set([429, 503]);
/** Of calls by which a taker ends what it holds: a suspended one may make them. */
export const HOLDER_ERRORS: ApiErrorName[] = [
  'MISSING_HEADER',
  'API_KEY_NOT_FOUND',
  'API_KEY_EXPIRED',
  'TIMESTAMP_EXPIRED',
  'SIGNATURE_INVALID',
  'SIGNATURE_USED',
  'IP_NOT_ALLOWED',
];
export const TAKER_ERRORS: ApiErrorName[] = [...HOLDER_ERRORS, 'ACCOUNT_SUSPENDED'];
export const MAKER_ERRORS: ApiErrorName[] = ['TOKEN_INVALID', 'TOKEN_EXPIRED'];

/** Documents the refusals of a call that takes a body, with an example each, grouped by HTTP status. */
export function ApiErrors(...own: ApiErrorName[]): MethodDecorator {
  return documentErrors([...own, ...BODY_ERRORS, ...COMMON_ERRORS]);
}

/** Documents the refusals of a call without a body. */
export function ApiReadErrors(...own: ApiErrorName[]): MethodDecorator {
  return documentErrors([...own, ...COMMON_ERRORS]);
}

function documentErrors(names: ApiErrorName[]): MethodDecorator {
  const byStatus = new Map<number, ApiErrorName[]>();
  for (const name of new Set(names.toSorted((a, b) => API_ERRORS[a].code - API_ERRORS[b].code))) {
    const { status } = API_ERRORS[name];
    byStatus.set(status, [...(byStatus.get(status) ?? []), name]);
  }
  const responses = [...byStatus].map(([status, ofStatus]) =>
    ApiResponse({
      status,
      description: ofStatus.map(titleOf).join(', '),
      headers: {
        ...header('X-Request-Id'),
        ...(RETRIABLE.has(status) && header('Retry-After')),
      },
      content: {
        'application/json': {
          schema: { $ref: getSchemaPath(ErrorAnswer) },
          examples: Object.fromEntries(
            ofStatus.map((name) => [
              name,
              { summary: titleOf(name), value: failure(name, API_ERRORS[name].example) },
            ]),
          ),
        },
      },
    }),
  );
  return applyDecorators(ApiExtraModels(ErrorAnswer), ...responses);
}

const titleOf = (name: ApiErrorName): string => `${API_ERRORS[name].code} ${API_ERRORS[name].message}`;

/** Documents the path parameter `{order_hash}`. */
export function ApiOrderHash(): MethodDecorator {
  return ApiParam({
    name: 'order_hash',
    schema: { type: 'string', pattern: PATTERNS.hash, maxLength: LENGTHS.hash, example: EXAMPLES.hash },
    description: 'The order hash',
  });
}

/** Documents the path parameter `{order_id}`. */
export function ApiOrderId(): MethodDecorator {
  return ApiParam({
    name: 'order_id',
    schema: {
      type: 'string',
      pattern: `${PATTERNS.uuid}|${PATTERNS.hash}`,
      maxLength: LENGTHS.hash,
      example: EXAMPLES.uuid,
    },
    description: "The order's UUID or its hash",
  });
}
