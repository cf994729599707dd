import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SETTINGS, type Settings, withinRanges } from '#config';
import { LoadingCache } from '#database';
import { DataSource } from 'typeorm';
import { hashApiKey, keyIdOf, signingSecrets } from './api-key-format.js';
import type { ApiKey } from './api-key.entity.js';
import type { TakerKey } from './taker-caller.js';

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

/** A key as it was looked up; its times are the database's, Unix ms. */
interface KnownKey extends Omit<AcceptedKey, 'now'> {
  keyHash: Buffer;
  /** What the database's clock is ahead of this process's monotonic one, ms. */
  clockOffset: number;
  expiresAt: number;
  revoked: boolean;
}

/** Tells which API keys may be used now. */
@Injectable()
export class AcceptedKeys {
  private readonly known = new LoadingCache((keyIds) => this.read(keyIds));
  /** When the use of a key is to be noted again, by performance.now(). */
  private readonly noteNext = new Map<string, number>();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

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
      secrets: signingSecrets(this.settings, key.id),
      ...(key.allow_ips.length > 0 && { allowsIp: withinRanges(key.allow_ips) }),
    };
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
