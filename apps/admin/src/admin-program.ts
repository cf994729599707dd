import { type ApiKey, ApiKeysService, type MintedKey, TakersService } from '#trading';
import { Command } from 'commander';
import type { AdminRunner } from './admin-runner.js';
import { addAddress, addIpRange, duration, durationOrNone, name, uuid } from './arguments.js';
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
    .option('--require-signature', 'demand that every call with it is signed')
    .option(
      '--allow-ip <cidr>',
      'an address or a range from which it may be used; may be repeated; from anywhere when left out',
      addIpRange,
    )
    .action(
      (options: { taker: string; expiresIn?: number; requireSignature?: boolean; allowIp?: string[] }) =>
        run.onService(async (context) => {
          const made = await context.get(ApiKeysService).create(options.taker, {
            validForSeconds: options.expiresIn,
            requireSignature: options.requireSignature,
            allowIps: options.allowIp,
          });
          return mintedView(made);
        }),
    );
  key
    .command('rotate')
    .description('make a key in the place of another, with the same rules; the other works on for the grace')
    .requiredOption('--key <key id>', 'the key_id of the other, not the key')
    .requiredOption(
      '--grace <duration>',
      'how long the other works on, such as 24h; 0s: it ends now',
      durationOrNone,
    )
    .action((options: { key: string; grace: number }) =>
      run.onService(async (context) => {
        const made = await context.get(ApiKeysService).rotate(options.key, options.grace);
        const { keyId, expiresAt } = made.replaces;
        return { ...mintedView(made), replaces: { key_id: keyId, expires_at: expiresAt } };
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

function mintedView({ keyId, apiKey, apiSecret, expiresAt }: MintedKey) {
  return { key_id: keyId, api_key: apiKey, api_secret: apiSecret, expires_at: expiresAt };
}

function keyView(key: ApiKey) {
  const { id, taker_id, created_at, expires_at, revoked_at, require_signature, allow_ips, replaced_by } = key;
  return {
    key_id: id,
    taker_id,
    created_at,
    expires_at,
    revoked_at,
    require_signature,
    allow_ips,
    replaced_by,
  };
}
