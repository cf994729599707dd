import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SETTINGS, type Settings } from '#config';
import { databaseNow } from '#database';
import { DataSource } from 'typeorm';
import { TradingError } from '../trading-error.js';
import { hashApiKey, keyIdOf, mintApiKey, signingSecret } from './api-key-format.js';
import { ApiKey } from './api-key.entity.js';
import type { TakerCaller } from './taker-caller.js';
import { Taker, TakerAddress } from './taker.entity.js';

/** How long a looked-up key is believed: a revoked one works no longer than this. */
const CACHE_TTL_MS = 5_000;
const CACHE_MAX_KEYS = 10_000;

export type Authentication = { caller: TakerCaller } | { refused: 'unknown' | 'expired' };

/** A key as it was looked up; times are this process's monotonic clock, ms. */
interface CachedKey {
  keyHash: Buffer;
  readAt: number;
  /** From the database's clock at the look-up. */
  expiresAt: number;
  revoked: boolean;
  caller: TakerCaller;
}

/** Makes, lists, revokes and checks API keys. */
@Injectable()
export class ApiKeysService {
  private readonly cache = new Map<string, CachedKey>();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Makes a key. What is returned is shown once: the key cannot be had again. */
  async create(takerId: string, validForSeconds?: number) {
    const taker = await this.dataSource.getRepository(Taker).findOneBy({ id: takerId });
    if (!taker) throw new TradingError('INVALID_PARAMETER', `taker: no taker has the id ${takerId}`);
    const { keyId, apiKey } = mintApiKey();
    const now = await databaseNow(this.dataSource.manager);
    const expires_at = validForSeconds ? new Date(now.getTime() + validForSeconds * 1000) : null;
    await this.dataSource
      .getRepository(ApiKey)
      .insert({ id: keyId, taker_id: takerId, key_hash: hashApiKey(apiKey), expires_at });
    return {
      keyId,
      apiKey,
      apiSecret: signingSecret(this.settings.MASTER_KEY, keyId),
      expiresAt: expires_at,
    };
  }

  list(): Promise<ApiKey[]> {
    return this.dataSource.getRepository(ApiKey).find({ order: { created_at: 'ASC' } });
  }

  async revoke(keyId: string): Promise<ApiKey> {
    const keys = this.dataSource.getRepository(ApiKey);
    await keys
      .createQueryBuilder()
      .update()
      .set({ revoked_at: () => 'COALESCE(revoked_at, clock_timestamp())' })
      .where({ id: keyId })
      .execute();
    const key = await keys.findOneBy({ id: keyId });
    if (!key) throw new TradingError('INVALID_PARAMETER', `key: no key has the id ${keyId}`);
    return key;
  }

  /** Who calls with this key. */
  async authenticate(apiKey: string): Promise<Authentication> {
    const keyId = keyIdOf(apiKey);
    const known = keyId && (await this.lookUp(keyId));
    if (!known || known.revoked || !timingSafeEqual(known.keyHash, hashApiKey(apiKey))) {
      return { refused: 'unknown' };
    }
    return performance.now() < known.expiresAt ? { caller: known.caller } : { refused: 'expired' };
  }

  private async lookUp(keyId: string): Promise<CachedKey | undefined> {
    const cached = this.cache.get(keyId);
    if (cached && performance.now() - cached.readAt < CACHE_TTL_MS) return cached;
    this.cache.delete(keyId);
    const fresh = await this.read(keyId);
    if (!fresh) return undefined;
    if (this.cache.size >= CACHE_MAX_KEYS) this.cache.delete(this.cache.keys().next().value!);
    this.cache.set(keyId, fresh);
    return fresh;
  }

  private async read(keyId: string): Promise<CachedKey | undefined> {
    const readAt = performance.now();
    const key = await this.dataSource.getRepository(ApiKey).findOneBy({ id: keyId });
    if (!key) return undefined;
    const owned = await this.dataSource.getRepository(TakerAddress).findBy({ taker_id: key.taker_id });
    const now = await databaseNow(this.dataSource.manager);
    return {
      keyHash: key.key_hash,
      readAt,
      expiresAt: key.expires_at ? readAt + key.expires_at.getTime() - now.getTime() : Infinity,
      revoked: key.revoked_at !== null,
      caller: { takerId: key.taker_id, keyId, addresses: owned.map(({ address }) => address) },
    };
  }
}
