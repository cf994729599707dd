import { type EntityTarget, getMetadataArgsStorage } from 'typeorm';

/**
 * A statement that each connection parses and plans once: for what every batch of calls runs, where that was a sixth of
 * PostgreSQL's work. TypeORM has no way to say so; a RoundTrip sends it.
 *
 * It must name the columns that it returns: of a plan that is kept, PostgreSQL refuses to change them, and with `*` a
 * migration that adds one would make every call of a running instance fail.
 */
export class PreparedStatement<Row extends object = never> {
  constructor(
    readonly name: string,
    readonly text: string,
  ) {}

  /** With its parameters, in PostgreSQL's text form. */
  with(...values: string[]): Sendable<Row> {
    return { statement: this, values };
  }
}

/** A statement with what it needs to be carried out. */
export interface Sendable<Row extends object> {
  statement: PreparedStatement<Row>;
  values: string[];
}

/** Adds rows that are given as one JSON array. Through the query builder, writing the statement took longer than the rest. */
export function insertStatement(table: string, entity: EntityTarget<object>): PreparedStatement {
  const columns = columnsOf(entity);
  return new PreparedStatement(
    `insert_${table}`,
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`,
  );
}

/** An entity's columns, for a statement that names them. */
export function columnsOf(entity: EntityTarget<object>, alias?: string): string {
  const columns = getMetadataArgsStorage().filterColumns(entity as Function);
  return columns.map(({ propertyName }) => (alias ? `${alias}.${propertyName}` : propertyName)).join(', ');
}
