import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SETTINGS, type Settings } from '#config';
import { databaseNow, Transaction } from '#database';
import { DataSource, type EntityManager } from 'typeorm';
import { recordAction, SERVICE } from '../operator/operator-action.entity.js';
import { secondsAfter } from '../seconds-after.js';
import { TradingError } from '../trading-error.js';
import { hashApiKey, mintApiKey, signingSecrets } from './api-key-format.js';
import { ApiKey } from './api-key.entity.js';
import { acceptedCertificate } from './taker-certificate.js';
import { Taker } from './taker.entity.js';

/** What the operator decides about a new key. */
export interface KeyOptions {
  /** For ever when left out. */
  validForSeconds?: number;
  requireSignature?: boolean;
  /** Addresses and CIDRs; from anywhere when left out. */
  allowIps?: string[];
  /** The text of a certificate of the taker's bot. */
  certificate?: string | undefined;
}

/** A key as it is shown once: it cannot be had again. */
export interface MintedKey {
  keyId: string;
  apiKey: string;
  apiSecret: string;
  expiresAt: Date | null;
}

/** A key as the operator sees it. */
export interface ListedKey extends ApiKey {
  taker_name: string;
  /** The operators who did so; null where the version before did. */
  created_by: string | null;
  revoked_by: string | null;
}

/** Makes, lists, rotates and revokes API keys. */
@Injectable()
export class ApiKeysService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  create(takerId: string, options: KeyOptions = {}, operator = SERVICE): Promise<MintedKey> {
    const { validForSeconds, requireSignature = false, allowIps = [] } = options;
    return Transaction.withManager(this.dataSource, async (manager) => {
      const taker = await manager.findOneBy(Taker, { id: takerId });
      if (!taker) throw new TradingError('INVALID_PARAMETER', `taker: no taker has the id ${takerId}`);
      const certificate = await acceptedCertificate(manager, taker, options.certificate, this.settings);
      const made = await this.insert(manager, {
        taker_id: takerId,
        expires_at: validForSeconds ? secondsAfter(await databaseNow(manager), validForSeconds) : null,
        require_signature: requireSignature,
        allow_ips: allowIps,
      });
      await recordAction(manager, {
        operator,
        action: 'key create',
        taker_id: takerId,
        key_id: made.keyId,
        details: {
          expires_at: made.expiresAt,
          require_signature: requireSignature,
          allow_ips: allowIps,
          ...(certificate && { certificate }),
        },
      });
      return made;
    });
  }

  /** Makes a key in the place of another, with its rules and its end; the other works on for the grace, at most. */
  rotate(keyId: string, graceSeconds: number, operator = SERVICE) {
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
      await recordAction(manager, {
        operator,
        action: 'key rotate',
        taker_id,
        key_id: made.keyId,
        details: { replaces: keyId, grace_ends_at: end },
      });
      return { ...made, replaces: { keyId, expiresAt: end } };
    });
  }

  /** Oldest first. */
  list(): Promise<ListedKey[]> {
    return listed(this.dataSource.manager);
  }

  revoke(keyId: string, operator = SERVICE): Promise<ListedKey> {
    return Transaction.withManager(this.dataSource, async (manager) => {
      const key = await manager.findOne(ApiKey, {
        where: { id: keyId },
        lock: { mode: 'pessimistic_write' },
      });
      if (!key) throw unknownKey(keyId);
      if (!key.revoked_at) {
        await manager.update(ApiKey, { id: keyId }, { revoked_at: () => 'clock_timestamp()' });
        await recordAction(manager, {
          operator,
          action: 'key revoke',
          taker_id: key.taker_id,
          key_id: keyId,
        });
      }
      const [revoked] = await listed(manager, keyId);
      return revoked!;
    });
  }

  private async insert(
    manager: EntityManager,
    key: Pick<ApiKey, 'taker_id' | 'expires_at' | 'require_signature' | 'allow_ips'>,
  ): Promise<MintedKey> {
    const { keyId, apiKey } = mintApiKey();
    await manager.insert(ApiKey, { ...key, id: keyId, key_hash: hashApiKey(apiKey) });
    const [apiSecret] = signingSecrets(this.settings, keyId);
    return { keyId, apiKey, apiSecret: apiSecret!, expiresAt: key.expires_at };
  }
}

/** All keys with who did what to them, or one. */
function listed(manager: EntityManager, keyId: string | null = null): Promise<ListedKey[]> {
  return manager.query<ListedKey[]>(
    `SELECT k.*, t.name AS taker_name,
        (SELECT operator FROM operator_actions
          WHERE key_id = k.id AND action IN ('key create', 'key rotate') ORDER BY id LIMIT 1) AS created_by,
        (SELECT operator FROM operator_actions
          WHERE key_id = k.id AND action = 'key revoke' ORDER BY id LIMIT 1) AS revoked_by
      FROM api_keys k JOIN takers t ON t.id = k.taker_id
      WHERE $1::text IS NULL OR k.id = $1 ORDER BY k.created_at, k.id`,
    [keyId],
  );
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
