import { Command, CommanderError } from 'commander';
import { adminCommand } from './admin.js';
import { answerCommand } from './answer.js';
import { certifyCommand } from './certify/command.js';
import { doctorCommand } from './doctor/command.js';
import { listenCommand } from './listen.js';
import { loginCommand } from './login.js';
import { orderCommand } from './order.js';
import { AlreadyTold, sentenceOf, UsageError } from './refusals.js';
import { replayCommand } from './replay.js';
import { printable, type Screen } from './screen.js';
import { signCommand } from './sign.js';
import { triggerCommand } from './trigger.js';
import { VERSION } from './version.js';

/** Exit codes: 0 when it was done. */
const REFUSED = 1;
const USAGE = 2;

const ENVIRONMENT = `
In a clone of the service, "lockstep" is "npm run -s lockstep --".

Environment:
  LOCKSTEP_URL             where the service is; http://127.0.0.1:3000 when left out
  LOCKSTEP_API_KEY         a taker's API key
  LOCKSTEP_SIGNING_SECRET  its secret: with it every request is signed
  LOCKSTEP_PRIVATE_KEY     a maker's wallet, for login
Keys and secrets are options too, as "@file" to read them from a file; they are never printed.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage.`;

/** Runs a command line; resolves to its exit code. What goes wrong is told in one sentence. */
export async function run(args: string[], screen: Screen): Promise<number> {
  const program = lockstepProgram(screen);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // commander has told it
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    if (error instanceof AlreadyTold) return REFUSED;
    screen.note(`lockstep: ${printable(sentenceOf(error))}\n`);
    return error instanceof UsageError ? USAGE : REFUSED;
  }
}

/** What commander says, with what was typed and with a line of its own for what may have been meant. */
const oneLine = (text: string): string => text.trim().replaceAll('\n', ' ');

function lockstepProgram(screen: Screen): Command {
  const program = new Command('lockstep')
    .description(
      'Lockstep for developers of takers and makers: watch, answer, try out and mend a connection.',
    )
    .version(VERSION)
    .enablePositionalOptions()
    .addHelpText('after', ENVIRONMENT);
  const commands = [
    listenCommand(screen),
    replayCommand(screen),
    orderCommand(screen),
    answerCommand(screen),
    triggerCommand(screen),
    signCommand(screen),
    loginCommand(screen),
    doctorCommand(screen),
    certifyCommand(screen),
    adminCommand(screen),
  ];
  for (const command of [program, ...commands]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => screen.print(text), writeErr: (text) => screen.note(text) })
      .configureOutput({ outputError: (text, write) => write(`lockstep: ${printable(oneLine(text))}\n`) });
    if (command !== program) program.addCommand(command);
  }
  return program;
}
