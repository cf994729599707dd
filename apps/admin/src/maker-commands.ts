import { type Maker, MakersService, type MakerStep } from '#trading';
import { type Command, Option } from 'commander';
import type { AdminRunner } from './admin-runner.js';
import { actionView } from './action-view.js';
import { address, reason } from './arguments.js';
import { byOperator } from './operator-option.js';

type Step = MakerStep & { wallet: string };

/** The commands on wallets. */
export function addMakerCommands(program: Command, run: AdminRunner): void {
  const maker = program.command('maker').description('wallets that place orders');
  maker
    .command('show')
    .description('a maker, with what operators did to it')
    .addOption(walletOption())
    .action(({ wallet }: { wallet: string }) =>
      run.onService(async (context) => {
        const shown = await context.get(MakersService).show(wallet);
        return { ...makerView(shown.maker), history: shown.history.map(actionView) };
      }),
    );
  byOperator(maker.command('suspend'))
    .description('let a wallet place no orders, within 5 seconds; it can cancel those that it has')
    .addOption(walletOption())
    .requiredOption('--reason <text>', 'why, for the history', reason)
    .action(({ wallet, ...step }: Step) =>
      run.onService(async (context) => makerView(await context.get(MakersService).suspend(wallet, step))),
    );
  byOperator(maker.command('resume'))
    .description('let a suspended wallet place orders again')
    .addOption(walletOption())
    .option('--reason <text>', 'why, for the history', reason)
    .action(({ wallet, ...step }: Step) =>
      run.onService(async (context) => makerView(await context.get(MakersService).resume(wallet, step))),
    );
  byOperator(maker.command('logout'))
    .description('end every token of a wallet, within 5 seconds; it can log in again')
    .addOption(walletOption())
    .option('--reason <text>', 'why, for the history', reason)
    .action(({ wallet, ...step }: Step) =>
      run.onService(async (context) =>
        makerView(await context.get(MakersService).logOutByOperator(wallet, step)),
      ),
    );
}

function walletOption(): Option {
  return new Option('--wallet <address>', 'which wallet').argParser(address).makeOptionMandatory();
}

function makerView(maker: Maker) {
  const { wallet_address, username, email, avatar_url, status, created_at, logged_out_at } = maker;
  return { wallet_address, username, email, avatar_url, status, created_at, logged_out_at };
}
