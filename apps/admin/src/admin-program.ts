import { type ApiKey, ApiKeysService, TakersService } from '#trading';
import { Command } from 'commander';
import type { AdminRunner } from './admin-runner.js';
import { addAddress, duration, name, uuid } from './arguments.js';
import { addOrderCommands } from './order-commands.js';

/** The operator's tool: every command, with its options. */
export function adminProgram(run: AdminRunner): Command {
  const program = new Command('admin').description("Lockstep's operator tool. Answers are JSON.");

  const taker = program.command('taker').description('brokers and custodians');
  taker
    .command('create')
    .description('make a taker known')
    .requiredOption('--name <name>', 'a name that tells it from others', name)
    .requiredOption(
      '--address <address>',
      'an address under which it locks orders; may be repeated',
      addAddress,
    )
    .action((options: { name: string; address: string[] }) =>
      run.onService(async (context) => {
        const addresses = [...new Set(options.address)];
        const { takerId } = await context.get(TakersService).create(options.name, addresses);
        return { taker_id: takerId, name: options.name, addresses };
      }),
    );

  const key = program.command('key').description("takers' API keys");
  key
    .command('create')
    .description('make a key; it is shown this once')
    .requiredOption('--taker <taker id>', 'whose key it is', uuid)
    .option(
      '--expires-in <duration>',
      'how long it works, such as 24h or 30d; for ever when left out',
      duration,
    )
    .action((options: { taker: string; expiresIn?: number }) =>
      run.onService(async (context) => {
        const made = await context.get(ApiKeysService).create(options.taker, options.expiresIn);
        return {
          key_id: made.keyId,
          api_key: made.apiKey,
          api_secret: made.apiSecret,
          expires_at: made.expiresAt,
        };
      }),
    );
  key
    .command('list')
    .description('all keys, oldest first')
    .action(() => run.onService(async (context) => (await context.get(ApiKeysService).list()).map(keyView)));
  key
    .command('revoke')
    .description('make a key useless, within 5 seconds')
    .requiredOption('--key <key id>', 'the key_id, not the key')
    .action((options: { key: string }) =>
      run.onService(async (context) => keyView(await context.get(ApiKeysService).revoke(options.key))),
    );

  addOrderCommands(program, run);

  program
    .command('migrate')
    .description('apply pending migrations')
    .action(() => run.migrate());

  return program;
}

function keyView({ id, taker_id, created_at, expires_at, revoked_at }: ApiKey) {
  return { key_id: id, taker_id, created_at, expires_at, revoked_at };
}
