import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { secretsOf, SETTINGS, type Settings, withinRanges } from '#config';
import { databaseNow, LoadingCache, Transaction } from '#database';
import { DataSource, type EntityManager } from 'typeorm';
import { recordAction, SERVICE } from '../operator/operator-action.entity.js';
import { secondsAfter } from '../seconds-after.js';
import { TradingError } from '../trading-error.js';
import { hashApiKey, keyIdOf, mintApiKey, signingSecret } from './api-key-format.js';
import { ApiKey } from './api-key.entity.js';
import type { TakerKey } from './taker-caller.js';
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

/** A key that may be used now: whose it is, and what it asks of a call. */
export interface AcceptedKey {
  key: TakerKey;
  /** Whether the operator has shut the taker out, but for ending what it holds. */
  isSuspended: boolean;
  requireSignature: boolean;
  /** With one of which its requests are signed: there is one for each of our master keys, newest first. */
  secrets: string[];
  /** Whether it may be used from an IP address; left out for a key that may be used from anywhere. */
  allowsIp?: (address: string) => boolean;
  /**
   * The database's clock, Unix ms: as it was at the key's look-up, carried on by this process's monotonic clock, so that
   * checking a request's age costs no statement.
   */
  now: number;
}

export type Authentication = AcceptedKey | { refused: 'unknown' | 'expired' };

/** How often it is noted that a key is in use. */
const NOTED_EVERY_MS = 60_000;

/** A key as the operator sees it. */
export interface ListedKey extends ApiKey {
  taker_name: string;
  /** The operators who did so; null where the version before did. */
  created_by: string | null;
  revoked_by: string | null;
}

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
  private readonly known = new LoadingCache((keyIds) => this.read(keyIds));
  /** When the use of a key is to be noted again, by performance.now(). */
  private readonly noteNext = new Map<string, number>();

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

  /** Who calls with this key, and what the key asks of the call. */
  async authenticate(apiKey: string): Promise<Authentication> {
    const keyId = keyIdOf(apiKey);
    const known = keyId && (await this.known.get(keyId));
    if (!known || known.revoked || !timingSafeEqual(known.keyHash, hashApiKey(apiKey))) {
      return { refused: 'unknown' };
    }
    const now = performance.now() + known.clockOffset;
    if (now >= known.expiresAt) return { refused: 'expired' };
    this.noteUse([keyId]);
    return { ...known, now };
  }

  /** Which of these keys, of sockets that are open, may no longer be used, and which are a suspended taker's. */
  async standingOf(keyIds: string[]): Promise<{ ended: Set<string>; suspended: Set<string> }> {
    const rows = await this.dataSource.query<{ id: string; ended: boolean; suspended: boolean }[]>(
      `SELECT given.id, k.id IS NULL AS ended, coalesce(t.status = 'suspended', false) AS suspended
        FROM unnest($1::text[]) AS given (id)
        LEFT JOIN api_keys k ON k.id = given.id AND k.revoked_at IS NULL
          AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
        LEFT JOIN takers t ON t.id = k.taker_id`,
      [keyIds],
    );
    this.noteUse(keyIds);
    const those = (what: 'ended' | 'suspended') =>
      new Set(rows.filter((row) => row[what]).map(({ id }) => id));
    return { ended: those('ended'), suspended: those('suspended') };
  }

  /** Nobody waits for it, and that it may fail now and then is no harm: it is for a person who looks for keys without a use. */
  private noteUse(keyIds: string[]): void {
    const due = keyIds.filter((keyId) => performance.now() >= (this.noteNext.get(keyId) ?? 0));
    if (due.length === 0) return;
    for (const keyId of due) this.noteNext.set(keyId, performance.now() + NOTED_EVERY_MS);
    this.dataSource
      .query('UPDATE api_keys SET last_used_at = clock_timestamp() WHERE id = ANY($1)', [due])
      .catch(() => {});
  }

  private async insert(
    manager: EntityManager,
    key: Pick<ApiKey, 'taker_id' | 'expires_at' | 'require_signature' | 'allow_ips'>,
  ): Promise<MintedKey> {
    const { keyId, apiKey } = mintApiKey();
    await manager.insert(ApiKey, { ...key, id: keyId, key_hash: hashApiKey(apiKey) });
    const [apiSecret] = this.secretsFor(keyId);
    return { keyId, apiKey, apiSecret: apiSecret!, expiresAt: key.expires_at };
  }

  private async read(keyIds: string[]): Promise<Map<string, KnownKey>> {
    const asked = performance.now();
    const keys = await this.dataSource.query<FoundKey[]>(FIND_KEYS, [keyIds]);
    return new Map(keys.map((key) => [key.id, this.knownKey(key, key.now.getTime() - asked)]));
  }

  private knownKey(key: FoundKey, clockOffset: number): KnownKey {
    return {
      keyHash: key.key_hash,
      clockOffset,
      expiresAt: key.expires_at?.getTime() ?? Infinity,
      revoked: key.revoked_at !== null,
      key: { takerId: key.taker_id, keyId: key.id, addresses: key.addresses },
      isSuspended: key.is_suspended,
      requireSignature: key.require_signature,
      secrets: this.secretsFor(key.id),
      ...(key.allow_ips.length > 0 && { allowsIp: withinRanges(key.allow_ips) }),
    };
  }

  private secretsFor(keyId: string): string[] {
    return secretsOf(this.settings.MASTER_KEY).map((masterKey) => signingSecret(masterKey, keyId));
  }
}

interface FoundKey extends ApiKey {
  addresses: string[];
  is_suspended: boolean;
  now: Date;
}

const FIND_KEYS = `
  SELECT k.*, t.status = 'suspended' AS is_suspended,
    ARRAY(SELECT address::text FROM taker_addresses a WHERE a.taker_id = k.taker_id) AS addresses,
    clock_timestamp() AS now
  FROM api_keys k JOIN takers t ON t.id = k.taker_id WHERE k.id = ANY($1)`;

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
