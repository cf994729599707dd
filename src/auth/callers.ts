import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { MakerCaller, TakerCaller } from '#trading';
import type { FastifyRequest } from 'fastify';

/** A request after its guard: who is calling. */
export interface AuthenticatedRequest extends FastifyRequest {
  taker?: TakerCaller;
  maker?: MakerCaller;
}

export const requestOf = (context: ExecutionContext): AuthenticatedRequest =>
  context.switchToHttp().getRequest<AuthenticatedRequest>();

/** The taker that calls; for handlers behind the ApiKeyGuard. */
export const CallingTaker = createParamDecorator(
  (_: unknown, context: ExecutionContext) => requestOf(context).taker,
);

/** The wallet that calls; for handlers behind the MakerGuard. */
export const CallingMaker = createParamDecorator(
  (_: unknown, context: ExecutionContext) => requestOf(context).maker,
);
