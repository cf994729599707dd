import type { PoolClient } from 'pg';
import { type EntityManager, QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';

/**
 * A statement that each connection parses and plans once: for what every batch of calls runs, where that was a sixth of
 * PostgreSQL's work. TypeORM has no way to say so, hence the connection itself.
 *
 * It must name the columns that it returns: of a plan that is kept, PostgreSQL refuses to change them, and with `*` a
 * migration that adds one would make every call of a running instance fail.
 */
export class PreparedStatement<Row extends object = never> {
  constructor(
    private readonly name: string,
    private readonly text: string,
  ) {}

  /** Runs it in the manager's transaction. Several may be sent at once; they are carried out in that order. */
  async run({ queryRunner }: EntityManager, values: unknown[]): Promise<Row[]> {
    if (!queryRunner || queryRunner.isReleased) throw new QueryRunnerAlreadyReleasedError();
    const connection = (await queryRunner.connect()) as PoolClient;
    try {
      return (await connection.query<Row>({ name: this.name, text: this.text, values })).rows;
    } catch (error) {
      throw new QueryFailedError(this.text, values, error as Error);
    }
  }
}
