import type { OperatorAction } from '#trading';

/** What an operator did to a taker, a key or a maker. */
export function actionView({ done_at, operator, action, key_id, details }: OperatorAction) {
  return { done_at, operator, action, ...(key_id && { key_id }), ...details };
}
