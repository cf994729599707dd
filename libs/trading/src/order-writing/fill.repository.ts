import { insertStatement, type Sendable } from '#database';
import { In, Repository } from 'typeorm';
import { Fill } from '../fills/fill.entity.js';

const INSERT = insertStatement(Fill);

/** The rows of fills. */
export class FillRepository extends Repository<Fill> {
  ofOrders(ids: string[]): Promise<Fill[]> {
    return this.findBy({ order_id: In(ids) });
  }

  add(fills: Fill[]): Sendable<never> {
    return INSERT.with(JSON.stringify(fills));
  }
}
