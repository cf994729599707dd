import { createHash } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ApiKey } from '#trading';
import { IsNull, type Repository } from 'typeorm';

export interface KeyedRequest {
  headers: Record<string, string | undefined>;
  apiKey: ApiKey;
}

/** Looks the key up in the database at every call. */
@Injectable()
export class KeyGuard implements CanActivate {
  constructor(@InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<KeyedRequest>();
    const key_hash = createHash('sha256')
      .update(request.headers['x-api-key'] ?? '')
      .digest();
    const key = await this.keys.findOneBy({ key_hash, revoked_at: IsNull() });
    if (!key) throw new UnauthorizedException();
    request.apiKey = key;
    return true;
  }
}
