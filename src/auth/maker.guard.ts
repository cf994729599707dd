import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { bearerOf } from './bearer.js';
import { requestOf } from './callers.js';
import { MakerTokens } from './maker-tokens.service.js';

/** Lets makers in: the JWT of their wallet in `Authorization: Bearer`. */
@Injectable()
export class MakerGuard implements CanActivate {
  constructor(private readonly tokens: MakerTokens) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const { wallet } = await this.tokens.holderOf(bearerOf(request.headers.authorization));
    request.maker = { wallet, callId: request.id, span: request.span };
    return true;
  }
}
