import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/internal';
import type { FastifyRequest } from 'fastify';
import { ApiError } from './api-errors.js';
import { isReservedName } from './strict-json.js';

/** Refuses query parameters of calls that have none; where a call has a DTO for them, that one decides. */
@Injectable()
export class KnownQueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const given = Object.keys(context.switchToHttp().getRequest<FastifyRequest>().query as object);
    if (given.length === 0) return true;
    const unknown = hasQueryDto(context) ? given.find(isReservedName) : given[0];
    if (unknown !== undefined) {
      throw new ApiError('INVALID_PARAMETER', `${unknown} is not a known query parameter`);
    }
    return true;
  }
}

function hasQueryDto(context: ExecutionContext): boolean {
  const handler = context.getHandler().name;
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), handler) ?? {}) as object;
  return Object.keys(parameters).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}
