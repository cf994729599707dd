import { createHash, createSecretKey } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, type Repository } from 'typeorm';
import { ApiKey, type Taker } from './entities.js';

export interface CallerRequest {
  headers: Record<string, string | undefined>;
  taker: Taker;
  wallet: string;
}

/** Looks the key up in the database at every call. */
@Injectable()
export class KeyGuard implements CanActivate {
  constructor(@InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<CallerRequest>();
    const key_hash = createHash('sha256')
      .update(request.headers['x-api-key'] ?? '')
      .digest('hex');
    const key = await this.keys.findOneBy({ key_hash, revoked_at: IsNull() });
    if (!key) throw new UnauthorizedException();
    request.taker = key.taker;
    return true;
  }
}

/** Takes the service's own tokens, so that makers are the same for both. */
@Injectable()
export class MakerGuard implements CanActivate {
  private readonly tokens = new JwtService({ secret: createSecretKey(process.env.JWT_SECRET!, 'utf8') });

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<CallerRequest>();
    const [, token] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (!token) throw new UnauthorizedException();
    try {
      request.wallet = this.tokens.verify<{ wallet_address: string }>(token).wallet_address;
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }
}
