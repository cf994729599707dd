/** How far the timestamp of a signed request or a login message may lie from the database's clock, either way. */
export const TIMESTAMP_TOLERANCE_MS = 5 * 60 * 1000;
