import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What takers filled. A partial fill is final, so an order has at most one. */
export class Fills1764100000000 implements MigrationInterface {
  name = 'Fills1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE fills (
        id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        order_id         uuid NOT NULL UNIQUE REFERENCES orders,
        taker_id         uuid NOT NULL REFERENCES takers,
        taker_address    address NOT NULL,
        fill_quantity    uint256 NOT NULL CHECK (fill_quantity > 0),
        fill_amount      uint256 NOT NULL,
        fee_amount       uint256 NOT NULL,
        incentive_amount uint256 NOT NULL,
        taker_incentive  uint256 NOT NULL,
        tx_hash          bytes32,
        block_number     bigint CHECK (block_number >= 0),
        reference_id     text CHECK (length(reference_id) BETWEEN 1 AND 200),
        created_at       timestamptz(3) NOT NULL
      );
      ALTER TABLE orders ADD CONSTRAINT orders_filled_fits_status CHECK (
        CASE status WHEN 'filled' THEN filled_quantity = quantity
                    WHEN 'partially_filled' THEN filled_quantity > 0 AND filled_quantity < quantity
                    ELSE filled_quantity = 0 END);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE orders DROP CONSTRAINT orders_filled_fits_status;
      DROP TABLE fills;
    `);
  }
}
