import { userInfo } from 'node:os';
import { OperatorService, type Order, OrderHistoryService, type OrderReference } from '#trading';
import { Argument, type Command, Option } from 'commander';
import type { AdminRunner } from './admin-runner.js';
import { orderReference, reason } from './arguments.js';
import { orderPage } from './order-page.js';
import { orderReport } from './order-report.js';

/** The commands by which a person looks at an order and steps in. */
export function addOrderCommands(program: Command, run: AdminRunner): void {
  const order = program.command('order').description('orders, each named by its hash or its id');
  const command = (name: string, description: string) =>
    order.command(name).description(description).addArgument(orderArgument());

  command('show', 'the full history of an order')
    .option('--text', 'a page to read instead of JSON')
    .action((reference: OrderReference, { text }: { text?: true }) =>
      run.onService(async (context) => {
        const history = await context.get(OrderHistoryService).of(reference);
        return text ? orderPage(history) : orderReport(history);
      }),
    );
  command('suspend', 'freeze an order with its lock and its open request')
    .addOption(whyOption().makeOptionMandatory())
    .action((reference: OrderReference, options: { reason: string }) =>
      run.onService(async (context) =>
        outcome(await context.get(OperatorService).suspend(operator(), reference, options.reason)),
      ),
    );
  command('resume', 'let a suspended order go on: with its taker, or as if its lock had run out')
    .addOption(whyOption())
    .action((reference: OrderReference, options: { reason?: string }) =>
      run.onService(async (context) =>
        outcome(await context.get(OperatorService).resume(operator(), reference, options.reason)),
      ),
    );
  command('cancel', 'end a suspended order for good')
    .addOption(whyOption().makeOptionMandatory())
    .action((reference: OrderReference, options: { reason: string }) =>
      run.onService(async (context) =>
        outcome(await context.get(OperatorService).cancel(operator(), reference, options.reason)),
      ),
    );
}

function orderArgument(): Argument {
  return new Argument('<order>', 'the order hash or the order id').argParser(orderReference);
}

function whyOption(): Option {
  return new Option('--reason <text>', 'why, for the history, the maker and the taker').argParser(reason);
}

/** Who runs the tool. A container's user may have no name. */
function operator(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

function outcome({ id, order_hash, status, notes, updated_at }: Order) {
  return { order_id: id, order_hash, status, notes, updated_at };
}
