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
