import type { Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/internal';

/** The class of a handler's `@Query()` parameter, which Nest keeps for itself; undefined where it has none. */
export function queryTypeOf(controller: Type, handler: string): Type | undefined {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) ?? {}) as Record<
    string,
    { index: number }
  >;
  const key = Object.keys(parameters).find((name) => name.startsWith(`${RouteParamtypes.QUERY}:`));
  if (key === undefined) return undefined;
  const types = Reflect.getMetadata('design:paramtypes', controller.prototype as object, handler) as Type[];
  return types[parameters[key]!.index];
}
