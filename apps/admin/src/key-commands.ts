import { ApiKeysService, type ListedKey, type MintedKey } from '#trading';
import { type Command, Option } from 'commander';
import type { AdminRunner } from './admin-runner.js';
import { addIpRange, contentOf, duration, durationOrNone, uuid } from './arguments.js';
import { byOperator, type ByOperator } from './operator-option.js';

interface Create extends ByOperator {
  taker: string;
  expiresIn?: number;
  requireSignature?: boolean;
  allowIp?: string[];
  certificate?: string;
}

/** The commands on takers' API keys. */
export function addKeyCommands(program: Command, run: AdminRunner): void {
  const key = program.command('key').description("takers' API keys");
  byOperator(key.command('create'))
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
    .option('--certificate <file>', "a certificate of the taker's bot, see docs/certificates.md", contentOf)
    .action(({ taker, expiresIn, requireSignature, allowIp, certificate, operator }: Create) =>
      run.onService(async (context) => {
        const options = { validForSeconds: expiresIn, requireSignature, allowIps: allowIp, certificate };
        return mintedView(await context.get(ApiKeysService).create(taker, options, operator));
      }),
    );
  byOperator(key.command('rotate'))
    .description('make a key in the place of another, with the same rules; the other works on for the grace')
    .addOption(keyOption('the key_id of the other, not the key'))
    .requiredOption(
      '--grace <duration>',
      'how long the other works on, such as 24h; 0s: it ends now',
      durationOrNone,
    )
    .action(({ key: keyId, grace, operator }: ByOperator & { key: string; grace: number }) =>
      run.onService(async (context) => {
        const made = await context.get(ApiKeysService).rotate(keyId, grace, operator);
        const { replaces } = made;
        return {
          ...mintedView(made),
          replaces: { key_id: replaces.keyId, expires_at: replaces.expiresAt },
        };
      }),
    );
  key
    .command('list')
    .description('all keys, oldest first')
    .action(() => run.onService(async (context) => (await context.get(ApiKeysService).list()).map(keyView)));
  byOperator(key.command('revoke'))
    .description('make a key useless, within 5 seconds')
    .addOption(keyOption('the key_id, not the key'))
    .action(({ key: keyId, operator }: ByOperator & { key: string }) =>
      run.onService(async (context) => keyView(await context.get(ApiKeysService).revoke(keyId, operator))),
    );
}

function keyOption(description: string): Option {
  return new Option('--key <key id>', description).makeOptionMandatory();
}

function mintedView({ keyId, apiKey, apiSecret, expiresAt }: MintedKey) {
  return { key_id: keyId, api_key: apiKey, api_secret: apiSecret, expires_at: expiresAt };
}

function keyView(key: ListedKey) {
  return {
    key_id: key.id,
    taker_id: key.taker_id,
    taker_name: key.taker_name,
    created_at: key.created_at,
    created_by: key.created_by,
    expires_at: key.expires_at,
    revoked_at: key.revoked_at,
    revoked_by: key.revoked_by,
    last_used_at: key.last_used_at,
    require_signature: key.require_signature,
    allow_ips: key.allow_ips,
    replaced_by: key.replaced_by,
  };
}
