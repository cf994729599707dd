import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';

/** For each field of a filter the SQL condition on `item` that it stands for, with the field's name as parameter. */
export type Conditions<Filter> = Record<keyof Filter & string, string>;

/** Leaves the rows for which every given field of the filter holds. */
export function applyFilter<Filter extends object>(
  query: SelectQueryBuilder<ObjectLiteral>,
  conditions: Conditions<Filter>,
  filter: Filter,
): void {
  for (const [name, value] of Object.entries(filter)) {
    if (value !== undefined) query.andWhere(conditions[name as keyof Filter & string], { [name]: value });
  }
}
