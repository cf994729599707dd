import type { SignedTerms } from '#trading';
import type { OrderTerms } from './dto/order-terms.dto.js';

/** A maker's order as the domain takes it. */
export function termsOf(order: OrderTerms): SignedTerms {
  return {
    ...order,
    maker: order.maker.toLowerCase(),
    principal: order.principal.toLowerCase(),
    asset: order.asset.toLowerCase(),
  };
}
