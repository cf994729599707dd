import { type OperatorAction, type TakerAccount, TakersService, type TakerStep } from '#trading';
import { type Command, Option } from 'commander';
import type { AdminRunner } from './admin-runner.js';
import { actionView } from './action-view.js';
import { addAddress, name, reason, uuid } from './arguments.js';
import { byOperator, type ByOperator } from './operator-option.js';

interface Create extends ByOperator {
  name: string;
  address: string[];
  requireCertificate?: boolean;
}

/** The commands on brokers and custodians. */
export function addTakerCommands(program: Command, run: AdminRunner): void {
  const taker = program.command('taker').description('brokers and custodians');
  byOperator(taker.command('create'))
    .description('make a taker known')
    .requiredOption('--name <name>', 'a name that tells it from others', name)
    .addOption(addressOption())
    .option(
      '--require-certificate',
      'give it keys only with a certificate of its bot, see docs/certificates.md',
    )
    .action(({ name: takerName, requireCertificate, operator, ...options }: Create) =>
      run.onService(async (context) => {
        const addresses = [...new Set(options.address)];
        const takers = context.get(TakersService);
        const { takerId } = await takers.create(takerName, addresses, operator, { requireCertificate });
        return { taker_id: takerId, name: takerName, addresses };
      }),
    );
  taker
    .command('list')
    .description('all takers, oldest first')
    .action(() => run.onService(async (context) => (await context.get(TakersService).list()).map(takerView)));
  taker
    .command('show')
    .description('a taker, with what operators did to it and its keys')
    .addOption(takerOption())
    .action((options: { taker: string }) =>
      run.onService(async (context) => reportOf(await context.get(TakersService).show(options.taker))),
    );
  byOperator(taker.command('add-address'))
    .description('give a taker one more address under which it locks orders')
    .addOption(takerOption())
    .addOption(addressOption())
    .action((options: ByOperator & { taker: string; address: string[] }) =>
      run.onService(async (context) => {
        const addresses = [...new Set(options.address)];
        const takers = context.get(TakersService);
        return takerView(await takers.addAddresses(options.taker, addresses, options.operator));
      }),
    );
  byOperator(taker.command('suspend'))
    .description('shut a taker out, within 5 seconds, but for ending what it holds')
    .addOption(takerOption())
    .requiredOption('--reason <text>', 'why, for the history', reason)
    .action(({ taker: takerId, ...step }: TakerStep & { taker: string }) =>
      run.onService(async (context) => takerView(await context.get(TakersService).suspend(takerId, step))),
    );
  byOperator(taker.command('resume'))
    .description('let a suspended taker go on')
    .addOption(takerOption())
    .option('--reason <text>', 'why, for the history', reason)
    .action(({ taker: takerId, ...step }: TakerStep & { taker: string }) =>
      run.onService(async (context) => takerView(await context.get(TakersService).resume(takerId, step))),
    );
}

function takerOption(): Option {
  return new Option('--taker <taker id>', 'which taker').argParser(uuid).makeOptionMandatory();
}

function addressOption(): Option {
  return new Option('--address <address>', 'an address under which it locks orders; may be repeated')
    .argParser(addAddress)
    .makeOptionMandatory();
}

function takerView({
  id,
  name: takerName,
  addresses,
  status,
  require_certificate,
  created_at,
}: TakerAccount) {
  return { taker_id: id, name: takerName, addresses, status, require_certificate, created_at };
}

function reportOf({ taker, history }: { taker: TakerAccount; history: OperatorAction[] }) {
  return { ...takerView(taker), history: history.map(actionView) };
}
