import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../refusals/api-errors.js';
import { queryTypeOf } from './nest-parameters.js';
import { isReservedName } from './strict-json.js';

const NONE: readonly string[] = [];

/** Refuses query parameters of calls that have none, and those given twice; else a call's DTO decides. */
@Injectable()
export class KnownQueryGuard implements CanActivate {
  /** The names of each call's own parameters; undefined where it has none. */
  private readonly fields = new Map<unknown, readonly string[] | undefined>();

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const query = request.query as Record<string, unknown>;
    const given = Object.keys(query);
    if (given.length === 0) return true;
    const fields = this.fieldsOf(context);
    request.queryFields = fields ?? NONE;
    const unknown = fields ? given.find(isReservedName) : given[0];
    if (unknown !== undefined) {
      throw new ApiError('INVALID_PARAMETER', `${unknown} is not a known query parameter`);
    }
    const known = given.filter((name) => request.queryFields!.includes(name));
    requireOnce(known.map((name) => [name, [query[name]].flat().length]));
    return true;
  }

  private fieldsOf(context: ExecutionContext): readonly string[] | undefined {
    const handler = context.getHandler();
    if (!this.fields.has(handler)) this.fields.set(handler, readFields(context));
    return this.fields.get(handler);
  }
}

/** Refuses parameters that are given several times: which one counts, nobody can tell. */
export function requireOnce(counts: [name: string, times: number][]): void {
  const repeated = counts.filter(([, times]) => times > 1);
  if (repeated.length === 0) return;
  const phrases = repeated.map(
    ([name, times]) => `${name} is given ${times === 2 ? 'twice' : `${times} times`}`,
  );
  throw new ApiError('INVALID_PARAMETER', phrases.join('; '));
}

function readFields(context: ExecutionContext): readonly string[] | undefined {
  const dto = queryTypeOf(context.getClass(), context.getHandler().name);
  if (!dto) return undefined;
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
}
