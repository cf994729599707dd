import { Command } from 'commander';
import { seconds } from '../arguments.js';
import { secretIn, type TakerOptions, urlOf, withTaker } from '../connection.js';
import { AlreadyTold, UsageError } from '../refusals.js';
import { jsonLine, type Screen } from '../screen.js';
import { checkAccess } from './access.js';
import { type Finding, findingText, type Patient } from './finding.js';
import { checkService, checkTls } from './network.js';
import { checkHold, checkOrigin } from './sockets.js';

interface DoctorOptions extends TakerOptions {
  origin?: string;
  hold: number;
}

/** A heartbeat, and some. */
const HOLD_S = 40;
const MAX_HOLD_S = 600;

const EXAMPLES = `
Examples:
  lockstep doctor
  lockstep doctor --url https://desk.example --origin https://app.example --hold 120

It changes nothing. It exits with 1 when a check has failed.`;

/** Looks for what keeps a taker from trading. */
export function doctorCommand(screen: Screen): Command {
  return withTaker(new Command('doctor'))
    .description(
      'check the connection: TLS, versions, clock, key, address, signatures, origin, proxies; with remedies',
    )
    .option('--origin <origin>', 'a page’s origin, to open a socket as it would')
    .option(
      '--hold <seconds>',
      `for how long a socket is held to find idle time-outs, at most ${MAX_HOLD_S}; 0: not at all`,
      seconds(MAX_HOLD_S),
      HOLD_S,
    )
    .addHelpText('after', EXAMPLES)
    .action((options: DoctorOptions) => examine(options, screen));
}

async function examine(options: DoctorOptions, screen: Screen): Promise<void> {
  const patient = patientOf(options, screen);
  const { url } = patient;
  const findings: Finding[] = [];
  const tell = (...found: Finding[]): void => {
    findings.push(...found);
    if (!options.json) for (const finding of found) screen.print(findingText(finding));
  };
  tell(await checkTls(url));
  const { findings: said, skewMs } = await checkService(url);
  tell(...said);
  if (skewMs !== undefined) {
    patient.skewMs = skewMs;
    tell(...(await checkAccess(patient)));
    tell(await checkOrigin(patient));
    if (patient.apiKey && patient.holdSeconds > 0 && !options.json)
      screen.note(`lockstep: holding a socket for ${patient.holdSeconds} s …\n`);
    tell(await checkHold(patient));
  }
  if (options.json) screen.print(jsonLine({ url, findings }));
  if (findings.some(({ result }) => result === 'failed')) throw new AlreadyTold();
}

function patientOf(options: DoctorOptions, { takeInterrupts }: Screen): Patient {
  const { origin, hold: holdSeconds } = options;
  if (origin !== undefined && !/^https?:\/\/[^/\s]+$/.test(origin)) {
    throw new UsageError('--origin must be that of a page, such as https://app.example');
  }
  const apiKey = secretIn(options.apiKey, 'LOCKSTEP_API_KEY or --api-key');
  const apiSecret = secretIn(options.signingSecret, 'LOCKSTEP_SIGNING_SECRET or --signing-secret');
  return { url: urlOf(options), apiKey, apiSecret, origin, holdSeconds, skewMs: 0, takeInterrupts };
}
