import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { databaseNow, Transaction, violatesUnique } from '#database';
import { DataSource } from 'typeorm';
import { LoginNonce, Maker } from './maker.entity.js';

/** The logins of wallets, each of which works once. */
@Injectable()
export class MakerLogins {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** By the clock that decides whether a login is fresh: the database's. */
  now(): Promise<Date> {
    return databaseNow(this.dataSource.manager);
  }

  /**
   * Uses up the nonce of a wallet's login. Returns the generation of the tokens that the wallet now gets, or nothing when the
   * nonce was used before.
   * @param wallet lower-case
   */
  async useUp(wallet: string, nonce: string): Promise<number | undefined> {
    const owner = { wallet_address: wallet };
    try {
      return await Transaction.withManager(this.dataSource, async (manager) => {
        await manager.insert(LoginNonce, { ...owner, nonce });
        await manager.createQueryBuilder().insert().into(Maker).values(owner).orIgnore().execute();
        return (await manager.findOneByOrFail(Maker, owner)).token_generation;
      });
    } catch (error) {
      if (violatesUnique(error, 'login_nonces_pkey')) return undefined;
      throw error;
    }
  }
}
