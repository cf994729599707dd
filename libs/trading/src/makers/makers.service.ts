import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Maker } from './maker.entity.js';

/** What is known of makers. */
@Injectable()
export class MakersService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @param wallet lower-case */
  find(wallet: string): Promise<Maker | null> {
    return this.dataSource.getRepository(Maker).findOneBy({ wallet_address: wallet });
  }
}
