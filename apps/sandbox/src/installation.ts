import type { Data, NewOrder } from '#client';

/** What the sandbox knows of the service that it plays against. */
export interface Installation {
  url: string;
  config: Data<'getConfig'>;
  tickers: string[];
}

const ASSET = '0x55d398326f99059ff775485246999027b3197955';
const INCENTIVE = '500000000000000000';
const CENT = 10n ** 16n;
/** Beyond the least that the service asks for. */
const SPARE_VALIDITY_S = 3_600;
/** Of 111 to 999 units. */
const QUANTITY = { from: 111, to: 999 };
/** Of 100.00 to 300.00. */
const PRICE_CENTS = { from: 10_000, to: 30_000 };

/** Any order, of a quantity that no simulated taker acts on. */
export function newOrder({ config, tickers }: Installation): NewOrder {
  const quantity = between(QUANTITY);
  return {
    is_buy: Math.random() < 0.5,
    ticker: tickers[between({ from: 0, to: tickers.length - 1 })]!,
    quantity: String(quantity % 10 === 0 ? quantity + 1 : quantity),
    price: String(BigInt(between(PRICE_CENTS)) * CENT),
    incentive: INCENTIVE,
    asset: ASSET,
    deadline: Math.floor(Date.now() / 1000) + config.order_min_validity_seconds + SPARE_VALIDITY_S,
  };
}

function between({ from, to }: { from: number; to: number }): number {
  return from + Math.floor(Math.random() * (to - from + 1));
}
