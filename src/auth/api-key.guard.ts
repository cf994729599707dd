import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { requestOf } from './callers.js';
import { TakerAuthenticator } from './taker-authenticator.service.js';

/** Lets takers in: an API key in `X-API-Key`, and a signature where the key demands it. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(private readonly authenticator: TakerAuthenticator) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const key = request.headers['x-api-key'];
    const apiKey = typeof key === 'string' ? key : undefined;
    const { taker, useSignature } = await this.authenticator.authenticate(apiKey, request.raw);
    request.taker = taker;
    request.useSignature = useSignature;
    return true;
  }
}
