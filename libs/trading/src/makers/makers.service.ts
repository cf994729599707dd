import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { databaseNow, LoadingCache, Transaction } from '#database';
import { DataSource, type EntityManager, In } from 'typeorm';
import { type ActionName, OperatorAction, recordAction } from '../operator/operator-action.entity.js';
import { TradingError } from '../trading-error.js';
import { Installation } from './installation.entity.js';
import { Maker } from './maker.entity.js';

/** A log-out that is committed late is still found by those who ask for what is new. */
const COMMIT_PATIENCE_MS = 30_000;

/** What decides about a wallet's calls. */
export type MakerAccess = Pick<Maker, 'status' | 'token_generation'>;

const NEVER_SEEN: MakerAccess = { status: 'active', token_generation: 0 };

/** An operator's step on a maker: who takes it, and why. */
export interface MakerStep {
  operator: string;
  reason?: string | undefined;
}

/** What is known of makers, shutting them out, and ending their tokens. */
@Injectable()
export class MakersService {
  private readonly known = new LoadingCache((wallets) => this.read(wallets));

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @param wallet lower-case, here as in all that follows */
  find(wallet: string): Promise<Maker | null> {
    return this.dataSource.getRepository(Maker).findOneBy({ wallet_address: wallet });
  }

  /** As it was a moment ago: a change counts within 5 seconds. */
  async accessOf(wallet: string): Promise<MakerAccess> {
    return (await this.known.get(wallet)) ?? NEVER_SEEN;
  }

  async installation(): Promise<Installation> {
    const [installation] = await this.dataSource.getRepository(Installation).find();
    return installation!;
  }

  /** Ends every token that the wallet was given so far. */
  logOut(wallet: string): Promise<void> {
    return endTokens(this.dataSource.manager, wallet);
  }

  /** Wallets that were logged out since a moment, each with the generation of its tokens that are good; and the time to ask from next. */
  async loggedOutSince(since: Date): Promise<{ generations: Map<string, number>; next: Date }> {
    const now = await databaseNow(this.dataSource.manager);
    const rows = await this.dataSource.query<{ wallet_address: string; token_generation: number }[]>(
      'SELECT wallet_address, token_generation FROM makers WHERE logged_out_at > $1',
      [since],
    );
    return {
      generations: new Map(rows.map((row) => [row.wallet_address, row.token_generation])),
      next: new Date(now.getTime() - COMMIT_PATIENCE_MS),
    };
  }

  /** A maker as the operator sees it, with what operators did to it. */
  async show(wallet: string): Promise<{ maker: Maker; history: OperatorAction[] }> {
    const maker = await knownMaker(this.dataSource.manager, wallet);
    const history = await this.dataSource
      .getRepository(OperatorAction)
      .find({ where: { wallet_address: wallet }, order: { id: 'ASC' } });
    return { maker, history };
  }

  /** Also a wallet that has never logged in. */
  suspend(wallet: string, step: MakerStep): Promise<Maker> {
    return this.act('maker suspend', wallet, step, (manager) =>
      manager.query(
        `INSERT INTO makers (wallet_address, status) VALUES ($1, 'suspended')
          ON CONFLICT (wallet_address) DO UPDATE SET status = 'suspended'`,
        [wallet],
      ),
    );
  }

  resume(wallet: string, step: MakerStep): Promise<Maker> {
    return this.act('maker resume', wallet, step, async (manager) => {
      const { status } = await knownMaker(manager, wallet);
      if (status !== 'suspended') {
        throw new TradingError('INVALID_PARAMETER', `the maker is not suspended; its status is ${status}`);
      }
      await manager.update(Maker, { wallet_address: wallet }, { status: 'active' });
    });
  }

  logOutByOperator(wallet: string, step: MakerStep): Promise<Maker> {
    return this.act('maker logout', wallet, step, async (manager) => {
      await knownMaker(manager, wallet);
      await endTokens(manager, wallet);
    });
  }

  private act(
    action: ActionName,
    wallet: string,
    { operator, reason }: MakerStep,
    change: (manager: EntityManager) => Promise<unknown>,
  ): Promise<Maker> {
    return Transaction.withManager(this.dataSource, async (manager) => {
      await change(manager);
      await recordAction(manager, { operator, action, wallet_address: wallet, details: { reason } });
      return knownMaker(manager, wallet);
    });
  }

  private async read(wallets: string[]): Promise<Map<string, MakerAccess>> {
    const makers = await this.dataSource.getRepository(Maker).findBy({ wallet_address: In(wallets) });
    const known = new Map(makers.map((maker) => [maker.wallet_address, maker]));
    return new Map(wallets.map((wallet) => [wallet, known.get(wallet) ?? NEVER_SEEN]));
  }
}

async function endTokens(manager: EntityManager, wallet: string): Promise<void> {
  await manager.query(
    `INSERT INTO makers (wallet_address, token_generation, logged_out_at) VALUES ($1, 1, clock_timestamp())
      ON CONFLICT (wallet_address) DO UPDATE
        SET token_generation = makers.token_generation + 1, logged_out_at = clock_timestamp()`,
    [wallet],
  );
}

async function knownMaker(manager: EntityManager, wallet: string): Promise<Maker> {
  const maker = await manager.findOneBy(Maker, { wallet_address: wallet });
  if (!maker) throw new TradingError('INVALID_PARAMETER', `wallet: no maker has the address ${wallet}`);
  return maker;
}
