import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { RequestSigner } from '#client';
import { Command, InvalidArgumentError } from 'commander';
import { secretIn, secretOption, type TakerOptions, urlOf, withService } from './connection.js';
import { UsageError } from './refusals.js';
import { jsonLine, printable, type Screen } from './screen.js';

interface SignOptions extends TakerOptions {
  data?: string;
}

const EXAMPLES = `
Examples:
  export LOCKSTEP_URL=http://127.0.0.1:3000
  lockstep sign GET '/api/v1/takers/orders?status=locked' |
    curl -H @- -H "X-API-Key: $LOCKSTEP_API_KEY" "$LOCKSTEP_URL/api/v1/takers/orders?status=locked"
  lockstep sign POST /api/v1/orders/unlock --data @body.json
  lockstep sign GET '/ws/taker/v1?types=cancellation_request' --json

Signed are METHOD|path|timestamp|Q: Q is the raw query of a GET or HEAD, the body's bytes of any other. A signature works
once, for 5 minutes. Nothing is sent.`;

/** Prints the headers that sign a call. */
export function signCommand(screen: Screen): Command {
  return withService(new Command('sign'))
    .description('print the headers that sign a call, and on stderr the text that is signed')
    .argument('<method>', 'GET, POST, …', method)
    .argument('<path>', 'path and query, as they are sent')
    .option('--data <body>', 'the body as it is sent; @file from a file, @- from stdin')
    .addOption(secretOption('--signing-secret <secret>', "the key's secret", 'LOCKSTEP_SIGNING_SECRET'))
    .addHelpText('after', EXAMPLES)
    .action((verb: string, path: string, options: SignOptions) => sign(verb, path, options, screen));
}

async function sign(verb: string, path: string, options: SignOptions, screen: Screen): Promise<void> {
  const secret = secretIn(options.signingSecret, 'LOCKSTEP_SIGNING_SECRET or --signing-secret');
  if (!secret) throw new UsageError('set LOCKSTEP_SIGNING_SECRET, or give --signing-secret @file');
  if (!path.startsWith('/')) throw new UsageError('the path must begin with /');
  const url = new URL(`${urlOf(options)}${path}`);
  const body = await bodyOf(options.data, screen);
  const headers = new RequestSigner(secret).headersFor(verb, url, body);
  const timestamp = headers['x-api-timestamp'];
  const q = verb === 'GET' || verb === 'HEAD' ? url.search.slice(1) : body.toString();
  const signed = `${verb}|${url.pathname}|${timestamp}|${q}`;
  if (options.json) {
    screen.print(jsonLine({ headers, signed }));
    return;
  }
  for (const [name, value] of Object.entries(headers)) screen.print(`${name}: ${value}\n`);
  screen.note(`signed: ${printable(signed)}\n`);
}

async function bodyOf(data: string | undefined, { input }: Screen): Promise<Buffer> {
  if (data === '@-') return buffer(input);
  if (!data?.startsWith('@')) return Buffer.from(data ?? '');
  try {
    return readFileSync(data.slice(1));
  } catch (error) {
    throw new UsageError(`--data: cannot read ${data.slice(1)} (${(error as NodeJS.ErrnoException).code})`);
  }
}

function method(text: string): string {
  if (!/^[a-z]{1,20}$/i.test(text)) throw new InvalidArgumentError('It must be an HTTP method, such as GET.');
  return text.toUpperCase();
}
