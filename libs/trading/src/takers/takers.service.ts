import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Transaction, violatesUnique } from '#database';
import { DataSource, type EntityManager } from 'typeorm';
import { OperatorAction, recordAction, SERVICE } from '../operator/operator-action.entity.js';
import { TradingError } from '../trading-error.js';
import { Taker, TakerAddress } from './taker.entity.js';

/** A taker as the operator sees it. */
export interface TakerAccount extends Taker {
  addresses: string[];
}

/** What the operator decides about a new taker. */
export interface TakerOptions {
  requireCertificate?: boolean | undefined;
}

/** An operator's step on a taker: who takes it, and why. */
export interface TakerStep {
  operator: string;
  reason?: string | undefined;
}

/** The operator's side of takers: making them known, and shutting them out. */
@Injectable()
export class TakersService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @param addresses lower-case */
  async create(
    name: string,
    addresses: string[],
    operator = SERVICE,
    { requireCertificate = false }: TakerOptions = {},
  ): Promise<{ takerId: string }> {
    const taker = { id: randomUUID(), name, require_certificate: requireCertificate };
    try {
      await Transaction.withManager(this.dataSource, async (manager) => {
        await manager.insert(Taker, taker);
        await addAddresses(manager, taker.id, addresses);
        await recordAction(manager, {
          operator,
          action: 'taker create',
          taker_id: taker.id,
          details: { name, addresses, ...(requireCertificate && { require_certificate: true }) },
        });
      });
    } catch (error) {
      if (violatesUnique(error, 'takers_name_key')) {
        throw new TradingError('INVALID_PARAMETER', `name: a taker named ${name} exists already`);
      }
      throw error;
    }
    return { takerId: taker.id };
  }

  /** Oldest first. */
  async list(): Promise<TakerAccount[]> {
    const takers = await this.dataSource
      .getRepository(Taker)
      .find({ order: { created_at: 'ASC', id: 'ASC' } });
    const addresses = await this.dataSource.getRepository(TakerAddress).find({ order: { address: 'ASC' } });
    return takers.map((taker) => ({
      ...taker,
      addresses: addresses.filter(({ taker_id }) => taker_id === taker.id).map(({ address }) => address),
    }));
  }

  /** A taker with what operators did to it and its keys. */
  async show(takerId: string): Promise<{ taker: TakerAccount; history: OperatorAction[] }> {
    const taker = await account(this.dataSource.manager, takerId);
    const history = await this.dataSource
      .getRepository(OperatorAction)
      .find({ where: { taker_id: takerId }, order: { id: 'ASC' } });
    return { taker, history };
  }

  /** @param addresses lower-case */
  addAddresses(takerId: string, addresses: string[], operator: string): Promise<TakerAccount> {
    return Transaction.withManager(this.dataSource, async (manager) => {
      await account(manager, takerId);
      await addAddresses(manager, takerId, addresses);
      await recordAction(manager, {
        operator,
        action: 'taker add-address',
        taker_id: takerId,
        details: { addresses },
      });
      return account(manager, takerId);
    });
  }

  suspend(takerId: string, step: TakerStep): Promise<TakerAccount> {
    return this.setStatus(takerId, 'suspended', step);
  }

  resume(takerId: string, step: TakerStep): Promise<TakerAccount> {
    return this.setStatus(takerId, 'active', step);
  }

  private setStatus(
    takerId: string,
    status: Taker['status'],
    { operator, reason }: TakerStep,
  ): Promise<TakerAccount> {
    return Transaction.withManager(this.dataSource, async (manager) => {
      const before = await account(manager, takerId);
      if (status === 'active' && before.status !== 'suspended') {
        throw new TradingError(
          'INVALID_PARAMETER',
          `the taker is not suspended; its status is ${before.status}`,
        );
      }
      await manager.update(Taker, { id: takerId }, { status });
      await recordAction(manager, {
        operator,
        action: status === 'suspended' ? 'taker suspend' : 'taker resume',
        taker_id: takerId,
        details: { reason },
      });
      return account(manager, takerId);
    });
  }
}

async function addAddresses(manager: EntityManager, takerId: string, addresses: string[]): Promise<void> {
  try {
    await manager.insert(
      TakerAddress,
      addresses.map((address) => ({ address, taker_id: takerId })),
    );
  } catch (error) {
    if (!violatesUnique(error, 'taker_addresses_pkey')) throw error;
    throw new TradingError('INVALID_PARAMETER', 'address: one of the addresses belongs to a taker already');
  }
}

async function account(manager: EntityManager, takerId: string): Promise<TakerAccount> {
  const taker = await manager.findOneBy(Taker, { id: takerId });
  if (!taker) throw new TradingError('INVALID_PARAMETER', `taker: no taker has the id ${takerId}`);
  const addresses = await manager.find(TakerAddress, {
    where: { taker_id: takerId },
    order: { address: 'ASC' },
  });
  return { ...taker, addresses: addresses.map(({ address }) => address) };
}
