import { insertStatement, type Sendable } from '#database';
import { In, Repository } from 'typeorm';
import { Fill } from '../fills/fill.entity.js';

const INSERT = insertStatement(Fill);

/** The rows of fills. */
export class FillRepository extends Repository<Fill> {
  async ofOrders(ids: string[]): Promise<Fill[]> {
    return ids.length === 0 ? [] : this.findBy({ order_id: In(ids) });
  }

  add(fills: Fill[]): Sendable<never> {
    return INSERT.with(JSON.stringify(fills));
  }
}
