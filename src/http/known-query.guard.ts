import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiError } from './api-errors.js';

/** Refuses query parameters: no call has any. */
@Injectable()
export class KnownQueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const [name] = Object.keys(context.switchToHttp().getRequest<FastifyRequest>().query as object);
    if (name !== undefined) throw new ApiError('INVALID_PARAMETER', `${name} is not a known query parameter`);
    return true;
  }
}
