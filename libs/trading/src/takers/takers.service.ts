import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Transaction, violatesUnique } from '#database';
import { DataSource } from 'typeorm';
import { TradingError } from '../trading-error.js';
import { Taker, TakerAddress } from './taker.entity.js';
import { randomUUID } from 'node:crypto';

/** The operator's side of takers: making them known. */
@Injectable()
export class TakersService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @param addresses lower-case */
  async create(name: string, addresses: string[]): Promise<{ takerId: string }> {
    const taker = { id: randomUUID(), name };
    try {
      await Transaction.withManager(this.dataSource, async (manager) => {
        await manager.insert(Taker, taker);
        await manager.insert(
          TakerAddress,
          addresses.map((address) => ({ address, taker_id: taker.id })),
        );
      });
    } catch (error) {
      if (violatesUnique(error, 'takers_name_key')) {
        throw new TradingError('INVALID_PARAMETER', `name: a taker named ${name} exists already`);
      }
      if (violatesUnique(error, 'taker_addresses_pkey')) {
        throw new TradingError(
          'INVALID_PARAMETER',
          'address: one of the addresses belongs to a taker already',
        );
      }
      throw error;
    }
    return { takerId: taker.id };
  }
}
