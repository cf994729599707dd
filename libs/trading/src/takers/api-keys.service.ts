import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SETTINGS, type Settings, withinRanges } from '#config';
import { databaseNow, Transaction } from '#database';
import { DataSource, type EntityManager, In } from 'typeorm';
import { TradingError } from '../trading-error.js';
import { ApiKeyCache } from './api-key-cache.js';
import { hashApiKey, keyIdOf, mintApiKey, signingSecret } from './api-key-format.js';
import { ApiKey } from './api-key.entity.js';
import type { TakerKey } from './taker-caller.js';
import { Taker, TakerAddress } from './taker.entity.js';

/** What the operator decides about a new key. */
export interface KeyOptions {
  /** For ever when left out. */
  validForSeconds?: number;
  requireSignature?: boolean;
  /** Addresses and CIDRs; from anywhere when left out. */
  allowIps?: string[];
}

/** A key as it is shown once: it cannot be had again. */
export interface MintedKey {
  keyId: string;
  apiKey: string;
  apiSecret: string;
  expiresAt: Date | null;
}

/** A key that may be used now: whose it is, and what it asks of a call. */
export interface AcceptedKey {
  key: TakerKey;
  requireSignature: boolean;
  /** With which its requests are signed. */
  secret: string;
  /** Whether it may be used from an IP address; left out for a key that may be used from anywhere. */
  allowsIp?: (address: string) => boolean;
  /**
   * The database's clock, Unix ms: as it was at the key's look-up, carried on by this process's monotonic clock, so that
   * checking a request's age costs no statement.
   */
  now: number;
}

export type Authentication = AcceptedKey | { refused: 'unknown' | 'expired' };

/** A key as it was looked up; its times are the database's, Unix ms. */
interface KnownKey extends Omit<AcceptedKey, 'now'> {
  keyHash: Buffer;
  /** What the database's clock is ahead of this process's monotonic one, ms. */
  clockOffset: number;
  expiresAt: number;
  revoked: boolean;
}

/** Makes, lists, rotates, revokes and checks API keys. */
@Injectable()
export class ApiKeysService {
  private readonly known = new ApiKeyCache((keyIds) => this.read(keyIds));

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async create(takerId: string, options: KeyOptions = {}): Promise<MintedKey> {
    const { validForSeconds, requireSignature = false, allowIps = [] } = options;
    const { manager } = this.dataSource;
    const taker = await manager.findOneBy(Taker, { id: takerId });
    if (!taker) throw new TradingError('INVALID_PARAMETER', `taker: no taker has the id ${takerId}`);
    return this.insert(manager, {
      taker_id: takerId,
      expires_at: validForSeconds ? secondsAfter(await databaseNow(manager), validForSeconds) : null,
      require_signature: requireSignature,
      allow_ips: allowIps,
    });
  }

  /** Makes a key in the place of another, with its rules and its end; the other works on for the grace, at most. */
  rotate(keyId: string, graceSeconds: number) {
    return Transaction.withManager(this.dataSource, async (manager) => {
      const old = await manager.findOne(ApiKey, {
        where: { id: keyId },
        lock: { mode: 'pessimistic_write' },
      });
      if (!old) throw unknownKey(keyId);
      const now = await databaseNow(manager);
      requireRotatable(old, now);
      const { taker_id, expires_at, require_signature, allow_ips } = old;
      const made = await this.insert(manager, { taker_id, expires_at, require_signature, allow_ips });
      const graceEnd = secondsAfter(now, graceSeconds);
      const end = expires_at && expires_at < graceEnd ? expires_at : graceEnd;
      await manager.update(ApiKey, { id: keyId }, { expires_at: end, replaced_by: made.keyId });
      return { ...made, replaces: { keyId, expiresAt: end } };
    });
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
    if (!key) throw unknownKey(keyId);
    return key;
  }

  /** Who calls with this key, and what the key asks of the call. */
  async authenticate(apiKey: string): Promise<Authentication> {
    const keyId = keyIdOf(apiKey);
    const known = keyId && (await this.known.get(keyId));
    if (!known || known.revoked || !timingSafeEqual(known.keyHash, hashApiKey(apiKey))) {
      return { refused: 'unknown' };
    }
    const now = performance.now() + known.clockOffset;
    return now < known.expiresAt ? { ...known, now } : { refused: 'expired' };
  }

  /** Which of these keys may no longer be used. */
  async endedAmong(keyIds: string[]): Promise<Set<string>> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `SELECT given.id FROM unnest($1::text[]) AS given (id)
        WHERE NOT EXISTS (SELECT FROM api_keys
                           WHERE id = given.id AND revoked_at IS NULL
                             AND (expires_at IS NULL OR expires_at > clock_timestamp()))`,
      [keyIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  private async insert(
    manager: EntityManager,
    key: Pick<ApiKey, 'taker_id' | 'expires_at' | 'require_signature' | 'allow_ips'>,
  ): Promise<MintedKey> {
    const { keyId, apiKey } = mintApiKey();
    await manager.insert(ApiKey, { ...key, id: keyId, key_hash: hashApiKey(apiKey) });
    const apiSecret = signingSecret(this.settings.MASTER_KEY, keyId);
    return { keyId, apiKey, apiSecret, expiresAt: key.expires_at };
  }

  private async read(keyIds: string[]): Promise<Map<string, KnownKey>> {
    const keys = await this.dataSource.getRepository(ApiKey).findBy({ id: In(keyIds) });
    if (keys.length === 0) return new Map();
    const owned = await this.dataSource
      .getRepository(TakerAddress)
      .findBy({ taker_id: In(keys.map(({ taker_id }) => taker_id)) });
    const asked = performance.now();
    const clockOffset = (await databaseNow(this.dataSource.manager)).getTime() - asked;
    return new Map(keys.map((key) => [key.id, this.knownKey(key, owned, clockOffset)]));
  }

  private knownKey(key: ApiKey, owned: TakerAddress[], clockOffset: number): KnownKey {
    const addresses = owned.filter(({ taker_id }) => taker_id === key.taker_id).map(({ address }) => address);
    return {
      keyHash: key.key_hash,
      clockOffset,
      expiresAt: key.expires_at?.getTime() ?? Infinity,
      revoked: key.revoked_at !== null,
      key: { takerId: key.taker_id, keyId: key.id, addresses },
      requireSignature: key.require_signature,
      secret: signingSecret(this.settings.MASTER_KEY, key.id),
      ...(key.allow_ips.length > 0 && { allowsIp: withinRanges(key.allow_ips) }),
    };
  }
}

function requireRotatable({ id, revoked_at, expires_at, replaced_by }: ApiKey, now: Date): void {
  const refuse = (reason: string): never => {
    throw new TradingError('INVALID_PARAMETER', `key: ${id} ${reason}`);
  };
  if (revoked_at) refuse(`was revoked at ${revoked_at.toISOString()}; make a new one with key create`);
  if (replaced_by) refuse(`was replaced by ${replaced_by} already`);
  if (expires_at && expires_at <= now) {
    refuse(`expired at ${expires_at.toISOString()}; make a new one with key create`);
  }
}

function unknownKey(keyId: string): TradingError {
  return new TradingError('INVALID_PARAMETER', `key: no key has the id ${keyId}`);
}

function secondsAfter(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000);
}
