import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * All tables. Times are timestamptz(3), the precision of the wire, and always the database's clock.
 * Hashes and addresses are lower-case hex text, as they are compared and answered.
 */
export class InitialSchema1764000000000 implements MigrationInterface {
  name = 'InitialSchema1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE DOMAIN uint256 AS numeric(78, 0) CHECK (
        VALUE BETWEEN 0 AND 115792089237316195423570985008687907853269984665640564039457584007913129639935
      );
      CREATE DOMAIN address AS text CHECK (VALUE ~ '^0x[0-9a-f]{40}$');
      CREATE DOMAIN bytes32 AS text CHECK (VALUE ~ '^0x[0-9a-f]{64}$');
    `);

    // Takers, their on-chain addresses and their API keys (only SHA-256 hashes of keys are kept)
    await runner.query(`
      CREATE TABLE takers (
        id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        name       text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
      );
      CREATE TABLE taker_addresses (
        address  address PRIMARY KEY,
        taker_id uuid NOT NULL REFERENCES takers
      );
      CREATE INDEX taker_addresses_taker ON taker_addresses (taker_id);
      CREATE TABLE api_keys (
        id         text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{16}$'),
        taker_id   uuid NOT NULL REFERENCES takers,
        key_hash   bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        expires_at timestamptz(3),
        revoked_at timestamptz(3)
      );
      CREATE INDEX api_keys_taker ON api_keys (taker_id);
    `);

    // Makers are wallets that have logged in; a login message's nonce works once
    await runner.query(`
      CREATE TABLE makers (
        wallet_address address PRIMARY KEY,
        created_at     timestamptz(3) NOT NULL DEFAULT clock_timestamp()
      );
      CREATE TABLE login_nonces (
        wallet_address address NOT NULL,
        nonce          text NOT NULL CHECK (length(nonce) BETWEEN 1 AND 128),
        used_at        timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (wallet_address, nonce)
      );
      CREATE INDEX login_nonces_used_at ON login_nonces (used_at);
    `);

    // Orders; the lock lives in the row, so that holder and status cannot disagree
    await runner.query(`
      CREATE TABLE orders (
        id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        order_hash      bytes32 NOT NULL UNIQUE,
        maker           address NOT NULL,
        principal       address NOT NULL,
        is_buy          boolean NOT NULL,
        ticker          text NOT NULL CHECK (length(ticker) BETWEEN 1 AND 32),
        exchange        integer NOT NULL CHECK (exchange BETWEEN 0 AND 65535),
        asset           address NOT NULL,
        price           uint256 NOT NULL CHECK (price > 0),
        quantity        uint256 NOT NULL CHECK (quantity > 0),
        incentive       uint256 NOT NULL,
        deadline        bigint NOT NULL CHECK (deadline > 0),
        nonce           bigint NOT NULL CHECK (nonce >= 0),
        signature       text NOT NULL CHECK (signature ~ '^0x[0-9a-f]{130}$'),
        status          text NOT NULL CHECK (status IN ('pending', 'locked', 'partially_filled', 'filled',
                                                        'cancelled', 'expired', 'rejected', 'suspended')),
        filled_quantity uint256 NOT NULL DEFAULT 0 CHECK (filled_quantity <= quantity),
        version         integer NOT NULL CHECK (version >= 0),
        lock_id         uuid,
        locked_by       address,
        locked_taker_id uuid REFERENCES takers,
        locked_at       timestamptz(3),
        lock_expires_at timestamptz(3) CHECK (lock_expires_at > locked_at),
        created_at      timestamptz(3) NOT NULL,
        updated_at      timestamptz(3) NOT NULL,
        CONSTRAINT orders_nonce_once UNIQUE (maker, nonce),
        CONSTRAINT orders_lock_whole CHECK (
          num_nonnulls(lock_id, locked_by, locked_taker_id, locked_at, lock_expires_at) IN (0, 5)),
        CONSTRAINT orders_lock_fits_status CHECK (
          CASE status WHEN 'locked' THEN lock_id IS NOT NULL WHEN 'suspended' THEN true ELSE lock_id IS NULL END)
      );
      CREATE INDEX orders_due_deadline ON orders (deadline) WHERE status = 'pending';
      CREATE INDEX orders_due_lock ON orders (lock_expires_at) WHERE status = 'locked';
    `);

    // What a maker asked of the taker that holds the order; at most one open an order
    await runner.query(`
      CREATE TABLE cancellation_requests (
        id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        order_id      uuid NOT NULL REFERENCES orders,
        order_version integer NOT NULL,
        lock_id       uuid NOT NULL,
        taker_id      uuid NOT NULL REFERENCES takers,
        taker_address address NOT NULL,
        reason        text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
        status        text NOT NULL CHECK (status IN ('requested', 'accepted', 'rejected', 'timed_out')),
        resolved_by   text CHECK (resolved_by IN ('answer', 'unlock', 'reject', 'fill', 'lock_expiry')),
        late          boolean NOT NULL DEFAULT false,
        message       text CHECK (length(message) BETWEEN 1 AND 1000),
        requested_at  timestamptz(3) NOT NULL,
        expires_at    timestamptz(3) NOT NULL CHECK (expires_at > requested_at),
        pushed_at     timestamptz(3),
        resolved_at   timestamptz(3),
        UNIQUE (order_id, order_version),
        CONSTRAINT cancellation_requests_resolved_whole CHECK (
          (status IN ('accepted', 'rejected')) = (resolved_by IS NOT NULL)
          AND (resolved_by IS NULL) = (resolved_at IS NULL)),
        CONSTRAINT cancellation_requests_message_of_answer CHECK (
          (message IS NOT NULL) = (resolved_by IS NOT DISTINCT FROM 'answer')),
        CONSTRAINT cancellation_requests_late_answer CHECK (NOT late OR resolved_by = 'answer')
      );
      CREATE UNIQUE INDEX cancellation_requests_one_open ON cancellation_requests (order_id)
        WHERE status IN ('requested', 'timed_out');
      CREATE INDEX cancellation_requests_open_of_taker ON cancellation_requests (taker_id)
        WHERE status IN ('requested', 'timed_out');
      CREATE INDEX cancellation_requests_due ON cancellation_requests (expires_at)
        WHERE status = 'requested';
    `);

    // Audit trail and outbox in one, append-only: one row for each change of an order or of its request
    await runner.query(`
      CREATE TABLE order_events (
        seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
        order_id    uuid NOT NULL REFERENCES orders,
        version     integer NOT NULL CHECK (version > 0),
        type        text NOT NULL CHECK (type IN ('order_status_change', 'cancellation_request',
                                                  'cancellation_update')),
        from_status text,
        to_status   text,
        request_id  uuid REFERENCES cancellation_requests,
        order_hash  bytes32 NOT NULL,
        maker       address NOT NULL,
        taker_id    uuid REFERENCES takers,
        actor       jsonb NOT NULL,
        payload     jsonb NOT NULL,
        created_at  timestamptz(3) NOT NULL,
        UNIQUE (order_id, version),
        CHECK ((type = 'order_status_change') = (to_status IS NOT NULL)),
        CHECK (type = 'order_status_change' OR request_id IS NOT NULL)
      );
      CREATE INDEX order_events_tail ON order_events (xid, seq);
      CREATE INDEX order_events_pushes ON order_events (request_id) WHERE type = 'cancellation_request';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE order_events, cancellation_requests, orders, login_nonces, makers, api_keys,
        taker_addresses, takers;
      DROP DOMAIN bytes32, address, uint256;
    `);
  }
}
