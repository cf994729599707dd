import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type TakerAccess, takerAccess, type TakerOptions, urlOf, withTaker } from '../connection.js';
import { AlreadyTold, Refused, UsageError } from '../refusals.js';
import { jsonLine, type Screen } from '../screen.js';
import { requestCertificate, requireSigner } from './certificate.js';
import { certify } from './certify.js';
import type { RuleResult } from './report.js';
import {
  allDone,
  jsonReport,
  type ReportFiles,
  requireWritable,
  requireWritableReports,
  terminalReport,
  withReports,
  write,
  writeReports,
} from './reports/index.js';
import { RULES } from './scenarios/index.js';

interface CertifyCommandOptions extends TakerOptions, ReportFiles {
  listen: number;
  only?: string[];
  list?: boolean;
  certificate?: string;
}

const DEFAULT_PORT = 4100;
const MAX_PORT = 65_535;
/** The longest of the rules' names. */
const NAME_WIDTH = Math.max(...RULES.map(({ name }) => name.length));

const EXAMPLES = `
Examples:
  lockstep certify                                 then start your bot with the address that it says
  lockstep certify --only reply-lost,resumes
  lockstep certify --url https://sandbox.example --json > report.json

It plays makers, so the service should be a sandbox. Your bot must lock new orders and answer requests by itself. The run takes
about five minutes. It exits with 1 when the bot breaks a rule, and when it does not show one that every bot shows.`;

/** Finds out whether a taker's bot keeps the rules. */
export function certifyCommand(screen: Screen): Command {
  return withReports(withTaker(new Command('certify')))
    .description("try a taker's bot: stand between it and the service, break what can break, and judge")
    .option('--listen <port>', 'where the bot connects to, on 127.0.0.1', portIn, DEFAULT_PORT)
    .option('--only <rules>', 'the names of the rules to try, comma-separated', namesIn)
    .option('--list', 'name the rules, and try nothing')
    .option(
      '--certificate <file>',
      "have the sandbox sign what its history confirms; takes the bot's API key",
    )
    .addHelpText('after', EXAMPLES)
    .action((options: CertifyCommandOptions) => tryBot(options, screen));
}

async function tryBot(
  { listen, only, list, ...options }: CertifyCommandOptions,
  screen: Screen,
): Promise<void> {
  if (list) {
    const known = RULES.map(({ name, group, rule }) => ({ name, group, rule }));
    screen.print(options.json ? jsonLine(known) : known.map(ruleLine).join(''));
    return;
  }
  const { certificate } = options;
  if (certificate !== undefined && only)
    throw new UsageError('--certificate: all rules must be tried; leave --only out');
  const access = certificate === undefined ? undefined : takerAccess(options);
  requireDifferentFiles(options.jsonFile, options.junit, options.html, certificate);
  await requireWritableReports(options);
  if (certificate !== undefined) await requireWritable('--certificate', certificate);
  if (access) await requireSigner(access);
  const signal = screen.takeInterrupts();
  const report = await certify({
    url: urlOf(options),
    port: listen,
    only,
    signal,
    onListening: (url) => screen.note(`lockstep: point your bot at ${url}\n`),
    onProgress: (text) => screen.note(`lockstep: ${text}\n`),
  }).catch((error: unknown) => {
    if (signal.aborted) throw new AlreadyTold();
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new Refused(`something listens on port ${listen} already; give another --listen`);
    throw error;
  });
  const signed = async (to: TakerAccess): Promise<void> => {
    const text = JSON.stringify(await requestCertificate(report, to, signal), null, 2);
    await write('--certificate', certificate!, `${text}\n`);
  };
  // what took minutes is not lost because one file, or the screen, cannot be written
  const written = allDone([writeReports(report, options), ...(access ? [signed(access)] : [])]);
  await written.finally(() => screen.print(options.json ? jsonReport(report) : terminalReport(report)));
  if (report.verdict !== 'pass') throw new AlreadyTold();
}

function requireDifferentFiles(...given: (string | undefined)[]): void {
  const paths = given.flatMap((path) => (path === undefined ? [] : [resolve(path)]));
  if (new Set(paths).size < paths.length)
    throw new UsageError('--json-file, --junit, --html and --certificate: each needs a file of its own');
}

function ruleLine({ name, rule }: Pick<RuleResult, 'name' | 'rule'>): string {
  return `${name.padEnd(NAME_WIDTH)}  ${rule}\n`;
}

function namesIn(text: string): string[] {
  const names = text.split(',');
  const unknown = names.find((given) => RULES.every(({ name }) => name !== given));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`There is no rule ${unknown}; "lockstep certify --list" names them.`);
  return names;
}

function portIn(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > MAX_PORT)
    throw new InvalidArgumentError(`It must be a port, from 0 to ${MAX_PORT}.`);
  return Number(text);
}
