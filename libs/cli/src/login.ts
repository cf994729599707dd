import { connectMaker, readConfig, settlementOf } from '#client';
import { Command } from 'commander';
import { isHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { secretIn, secretOption, type ServiceOptions, urlOf, withService } from './connection.js';
import { clock } from './message-text.js';
import { UsageError } from './refusals.js';
import { jsonLine, type Screen } from './screen.js';

interface LoginOptions extends ServiceOptions {
  privateKey?: string;
}

const EXAMPLES = `
Example:
  export LOCKSTEP_URL=http://127.0.0.1:3000
  TOKEN=$(lockstep login --private-key @wallet.key)
  curl -H "Authorization: Bearer $TOKEN" "$LOCKSTEP_URL/api/v1/orders"

The wallet signs the login on this machine; its key is not sent.`;

/** Logs a maker's wallet in. */
export function loginCommand(screen: Screen): Command {
  return withService(new Command('login'))
    .description("log a maker's wallet in and print its token")
    .addOption(secretOption('--private-key <key>', "the wallet's private key", 'LOCKSTEP_PRIVATE_KEY'))
    .addHelpText('after', EXAMPLES)
    .action(async (options: LoginOptions) => {
      const [account, url] = [accountOf(options), urlOf(options)];
      const maker = await connectMaker({ url, account, ...settlementOf(await readConfig({ url })) });
      const token = await maker.token();
      const { exp } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as {
        exp: number;
      };
      const expires_at = new Date(exp * 1000).toISOString();
      const { address: wallet_address } = maker;
      screen.print(options.json ? jsonLine({ token, wallet_address, expires_at }) : `${token}\n`);
      if (!options.json) screen.note(`lockstep: ${wallet_address} is logged in until ${clock(expires_at)}\n`);
    });
}

function accountOf({ privateKey }: LoginOptions) {
  const name = 'LOCKSTEP_PRIVATE_KEY or --private-key';
  const given = secretIn(privateKey, name);
  if (!given) throw new UsageError('set LOCKSTEP_PRIVATE_KEY, or give --private-key @file');
  const key = given.startsWith('0x') ? given : `0x${given}`;
  try {
    if (isHex(key)) return privateKeyToAccount(key);
  } catch {
    // what the library says of it could have the key in it
  }
  throw new UsageError(`${name} must be a wallet's private key: 64 hex digits, with or without 0x`);
}
