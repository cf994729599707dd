import {
  OperatorService,
  type Order,
  OrderHistoryService,
  type OrderReference,
  type OrderStatus,
} from '#trading';
import { Argument, type Command, Option } from 'commander';
import type { AdminRunner } from './admin-runner.js';
import { limit, orderReference, orderStatus, reason } from './arguments.js';
import { byOperator, type ByOperator } from './operator-option.js';
import { orderPage } from './order-page.js';
import { orderReport } from './order-report.js';

/** The commands by which a person looks at an order and steps in. */
export function addOrderCommands(program: Command, run: AdminRunner): void {
  const order = program.command('order').description('orders, each named by its hash or its id');
  const command = (name: string, description: string) =>
    order.command(name).description(description).addArgument(orderArgument());

  const change = (name: string, description: string) => byOperator(command(name, description));

  order
    .command('list')
    .description('orders of a status, the one that changed first before all others')
    .requiredOption('--status <status>', 'such as suspended', orderStatus)
    .option('--limit <count>', 'how many at most', limit, 1_000)
    .action((options: { status: OrderStatus; limit: number }) =>
      run.onService(async (context) => {
        const { orders, more } = await context.get(OrderHistoryService).list(options.status, options.limit);
        return { orders: orders.map(listedView), more };
      }),
    );
  command('show', 'the full history of an order')
    .option('--text', 'a page to read instead of JSON')
    .action((reference: OrderReference, { text }: { text?: true }) =>
      run.onService(async (context) => {
        const history = await context.get(OrderHistoryService).of(reference);
        return text ? orderPage(history) : orderReport(history);
      }),
    );
  change('suspend', 'freeze an order with its lock and its open request')
    .addOption(whyOption().makeOptionMandatory())
    .action((reference: OrderReference, options: ByOperator & { reason: string }) =>
      run.onService(async (context) =>
        outcome(await context.get(OperatorService).suspend(options.operator, reference, options.reason)),
      ),
    );
  change('resume', 'let a suspended order go on: with its taker, or as if its lock had run out')
    .addOption(whyOption())
    .action((reference: OrderReference, options: ByOperator & { reason?: string }) =>
      run.onService(async (context) =>
        outcome(await context.get(OperatorService).resume(options.operator, reference, options.reason)),
      ),
    );
  change('cancel', 'end a suspended order for good')
    .addOption(whyOption().makeOptionMandatory())
    .action((reference: OrderReference, options: ByOperator & { reason: string }) =>
      run.onService(async (context) =>
        outcome(await context.get(OperatorService).cancel(options.operator, reference, options.reason)),
      ),
    );
}

function orderArgument(): Argument {
  return new Argument('<order>', 'the order hash or the order id').argParser(orderReference);
}

function whyOption(): Option {
  return new Option('--reason <text>', 'why, for the history, the maker and the taker').argParser(reason);
}

function outcome({ id, order_hash, status, notes, updated_at }: Order) {
  return { order_id: id, order_hash, status, notes, updated_at };
}

function listedView(order: Order) {
  const { id, order_hash, status, notes, maker, ticker, locked_by, lock_expires_at, updated_at } = order;
  const isHeld = order.lock_id !== null;
  return {
    order_id: id,
    order_hash,
    status,
    notes,
    maker,
    ticker,
    locked_by: isHeld ? locked_by : null,
    lock_expires_at,
    updated_at,
  };
}
