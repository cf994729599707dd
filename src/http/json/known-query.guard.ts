import { type CanActivate, type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/internal';
import { getMetadataStorage } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../refusals/api-errors.js';
import { isReservedName } from './strict-json.js';

const NONE: readonly string[] = [];

/** Refuses query parameters of calls that have none; where a call has a DTO for them, that one decides. */
@Injectable()
export class KnownQueryGuard implements CanActivate {
  /** The names of each call's own parameters; undefined where it has none. */
  private readonly fields = new Map<unknown, readonly string[] | undefined>();

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const given = Object.keys(request.query as object);
    if (given.length === 0) return true;
    const fields = this.fieldsOf(context);
    request.queryFields = fields ?? NONE;
    const unknown = fields ? given.find(isReservedName) : given[0];
    if (unknown !== undefined) {
      throw new ApiError('INVALID_PARAMETER', `${unknown} is not a known query parameter`);
    }
    return true;
  }

  private fieldsOf(context: ExecutionContext): readonly string[] | undefined {
    const handler = context.getHandler();
    if (!this.fields.has(handler)) this.fields.set(handler, readFields(context));
    return this.fields.get(handler);
  }
}

function readFields(context: ExecutionContext): readonly string[] | undefined {
  const [target, handler] = [context.getClass(), context.getHandler().name];
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, target, handler) ?? {}) as Record<
    string,
    { index: number }
  >;
  const key = Object.keys(parameters).find((name) => name.startsWith(`${RouteParamtypes.QUERY}:`));
  if (key === undefined) return undefined;
  const types = Reflect.getMetadata('design:paramtypes', target.prototype as object, handler) as Type[];
  const dto = types[parameters[key]!.index]!;
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
}
