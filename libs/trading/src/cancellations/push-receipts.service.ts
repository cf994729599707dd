import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { CancellationRequestRepository } from '../order-writing/cancellation-request.repository.js';

const BATCH = 500;
/** How soon it is tried again, when a transaction is at each request of a batch. */
const AGAIN_MS = 50;
/** The same, when the database could not do it. */
const AGAIN_AFTER_FAILURE_MS = 1_000;
/** Receipts that wait. While there are more, further ones are dropped. */
const MAX_WAITING = 100_000;

interface Receipt {
  requestId: string;
  /** The request was open when it went out: it gets its receipt even if it has ended since. Others do only while they are open. */
  wasOpen: boolean;
}

/**
 * Writes down when cancellation requests first went out. It is done behind the pushes and over one connection, however many
 * there are: when takers come back with many open requests, their receipts must not keep calls from the database.
 */
@Injectable()
export class PushReceipts {
  private readonly logger = new Logger(PushReceipts.name);
  private readonly waiting: Receipt[] = [];
  private isWriting = false;

  constructor(private readonly requests: CancellationRequestRepository) {}

  /** Of requests that were pushed. An answer may have been faster than this receipt. */
  pushed(requestIds: string[]): void {
    this.add(requestIds, true);
  }

  /** Of requests that were replayed: those that had ended before were not pushed while they lived. */
  replayed(requestIds: string[]): void {
    this.add(requestIds, false);
  }

  private add(requestIds: string[], wasOpen: boolean): void {
    if (this.waiting.length > MAX_WAITING) return;
    for (const requestId of requestIds) this.waiting.push({ requestId, wasOpen });
    if (this.waiting.length > 0 && !this.isWriting) void this.writeAll();
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0 && this.requests.manager.dataSource.isInitialized) {
      const receipts = this.waiting.splice(0, BATCH);
      try {
        const left = [...(await this.write(receipts, true)), ...(await this.write(receipts, false))];
        this.waiting.push(...left);
        if (left.length === receipts.length) await delay(AGAIN_MS);
      } catch (error) {
        this.logger.warn(`pushed_at could not be noted, it is tried again: ${(error as Error).message}`);
        this.waiting.push(...receipts);
        await delay(AGAIN_AFTER_FAILURE_MS);
      }
    }
    this.isWriting = false;
  }

  /** Returns those that a transaction is at. */
  private async write(all: Receipt[], wasOpen: boolean): Promise<Receipt[]> {
    const receipts = all.filter((receipt) => receipt.wasOpen === wasOpen);
    if (receipts.length === 0) return [];
    const requestIds = receipts.map(({ requestId }) => requestId);
    const left = new Set(await this.requests.notePushed(requestIds, wasOpen));
    return receipts.filter(({ requestId }) => left.has(requestId));
  }
}
