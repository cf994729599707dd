import type { TakerOrderView } from '#client';
import { Command } from 'commander';
import { formatUnits } from 'viem';
import { orderHash } from './arguments.js';
import { type TakerOptions, takerOf, withTaker } from './connection.js';
import { historyOf } from './history.js';
import { clock, messageText } from './message-text.js';
import { jsonLine, printable, type Screen } from './screen.js';

const DECIMALS = 18;

const EXAMPLES = `
Example:
  lockstep order 0x1f9090aae28b8a3dceadf281b0f12828e676c3260c9a5c5a1d9c0b6e5d4f3a2b`;

/** Shows an order and its history. */
export function orderCommand(screen: Screen): Command {
  return withTaker(new Command('order'))
    .description('show an order and its history, as far as the taker may see it')
    .argument('<hash>', 'the order hash', orderHash)
    .addHelpText('after', EXAMPLES)
    .action(async (hash: string, options: TakerOptions) => {
      const taker = takerOf(options);
      const [order, events] = [await taker.order(hash), await historyOf(taker, hash)];
      if (options.json) {
        screen.print(jsonLine({ order, events }));
        return;
      }
      screen.print(orderText(order));
      for (const event of events) screen.print(messageText(event));
    });
}

function orderText(order: TakerOrderView): string {
  const { order_hash, status, locked_by, lock_expires_at, cancellation, maker, notes } = order;
  const amounts = { price: inUnits(order.price), incentive: inUnits(order.incentive) };
  const lines = [
    `order       ${order_hash}`,
    `status      ${status}${lock_expires_at ? ` by ${locked_by ?? 'another taker'} until ${clock(lock_expires_at)}` : ''}`,
    `terms       ${order.is_buy ? 'buy' : 'sell'} ${order.quantity} ${order.ticker} at ${amounts.price}, incentive ${amounts.incentive}`,
    `maker       ${maker}, valid until ${clock(new Date(order.deadline * 1000).toISOString())}`,
    ...(order.filled_quantity === '0' ? [] : [`filled      ${order.filled_quantity} of ${order.quantity}`]),
    ...(cancellation ? [`cancel?     ${cancellationText(cancellation)}`] : []),
    ...(notes ? [`notes       ${notes}`] : []),
  ];
  return `${lines.map((line) => `${printable(line)}\n`).join('')}\n`;
}

function cancellationText({
  status,
  reason,
  expires_at,
  resolved_by,
  message,
}: NonNullable<TakerOrderView['cancellation']>): string {
  const end = resolved_by ? `${status} by ${resolved_by}` : `${status}, answer by ${clock(expires_at)}`;
  return `${end}, "${reason}"${message ? `, answered "${message}"` : ''}`;
}

const inUnits = (amount: string): string => formatUnits(BigInt(amount), DECIMALS);
