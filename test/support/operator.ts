import { OperatorService, type Order } from '#trading';
import type { TestService } from './service.js';

/** The operator's steps, by order hash, taken in the service's own process. */
export interface Operator {
  suspend(orderHash: string): Promise<Order>;
  resume(orderHash: string): Promise<Order>;
  cancel(orderHash: string): Promise<Order>;
}

export function operatorOf(service: TestService): Operator {
  const steps = service.app.get(OperatorService);
  return {
    suspend: (order_hash) => steps.suspend('tester', { order_hash }, 'the desk is not sure'),
    resume: (order_hash) => steps.resume('tester', { order_hash }),
    cancel: (order_hash) => steps.cancel('tester', { order_hash }, 'the desk is sure'),
  };
}
