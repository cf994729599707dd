import type { DataSource } from 'typeorm';

/** What node-postgres' pool says of itself. */
export interface Pool {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
}

/** The pool of a DataSource that is connected, which TypeORM has no public way to. */
export function poolOf(dataSource: DataSource): Pool {
  return (dataSource.driver as unknown as { master: Pool }).master;
}
