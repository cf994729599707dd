import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiParam, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { API_ERRORS, type ApiErrorName } from './api-errors.js';
import { failure } from './envelope.js';
import { ErrorAnswer } from './error-answer.dto.js';
import { EXAMPLES } from './fields.js';

/** Documents a success: the envelope around a DTO (or around an array of it). */
export function ApiSuccess(status: number, data: Type | [Type], description: string): MethodDecorator {
  const [item, schema] = Array.isArray(data)
    ? [data[0], { type: 'array', items: { $ref: getSchemaPath(data[0]) } }]
    : [data, { $ref: getSchemaPath(data) }];
  return applyDecorators(
    ApiExtraModels(item),
    ApiResponse({
      status,
      description,
      schema: {
        type: 'object',
        required: ['code', 'data'],
        properties: {
          code: { type: 'integer', enum: [0], description: '0: success', example: 0 },
          data: schema,
        },
      },
    }),
  );
}

/** What every call can answer beside its own errors. */
const COMMON_ERRORS: ApiErrorName[] = ['INVALID_PARAMETER', 'TOO_MANY_REQUESTS', 'INTERNAL', 'UNAVAILABLE'];
const BODY_ERRORS: ApiErrorName[] = ['MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];
export const TAKER_ERRORS: ApiErrorName[] = ['MISSING_HEADER', 'API_KEY_NOT_FOUND', 'API_KEY_EXPIRED'];
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
  for (const name of new Set(names)) {
    const { status } = API_ERRORS[name];
    byStatus.set(status, [...(byStatus.get(status) ?? []), name]);
  }
  const responses = [...byStatus].map(([status, ofStatus]) =>
    ApiResponse({
      status,
      description: ofStatus.map((name) => `${API_ERRORS[name].code} ${API_ERRORS[name].message}`).join(', '),
      content: {
        'application/json': {
          schema: { $ref: getSchemaPath(ErrorAnswer) },
          examples: Object.fromEntries(
            ofStatus.map((name) => [name, { value: failure(name, API_ERRORS[name].example) }]),
          ),
        },
      },
    }),
  );
  return applyDecorators(ApiExtraModels(ErrorAnswer), ...responses);
}

/** Documents the path parameter `{order_hash}`. */
export function ApiOrderHash(): MethodDecorator {
  return ApiParam({
    name: 'order_hash',
    type: String,
    description: 'The order hash',
    example: EXAMPLES.hash,
  });
}

/** Documents the path parameter `{order_id}`. */
export function ApiOrderId(): MethodDecorator {
  return ApiParam({
    name: 'order_id',
    type: String,
    description: "The order's UUID or its hash",
    example: EXAMPLES.uuid,
  });
}
