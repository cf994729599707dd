/** PostgreSQL's bigint arrives as text; ours stay below 2^53. */
export const safeInteger = {
  to: (value: number | null) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};
