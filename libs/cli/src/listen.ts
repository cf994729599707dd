import { LockstepError } from '#client';
import { Command } from 'commander';
import { messageId, type MessageType, messageTypes } from './arguments.js';
import { type TakerOptions, takerOf, withTaker } from './connection.js';
import { messageText } from './message-text.js';
import { AlreadyTold, sentenceOf } from './refusals.js';
import { jsonLine, printable, type Screen } from './screen.js';

interface ListenOptions extends TakerOptions {
  after?: string;
  types?: MessageType[];
}

const EXAMPLES = `
Examples:
  lockstep listen
  lockstep listen --after 000000000000002a5d1c3e9f7b604182
  lockstep listen --json --types order_book_change | jq .data

It answers nothing, so it can run beside a bot; "lockstep answer" does. Ctrl-C ends it.`;

/** Shows what is pushed, as it is pushed. */
export function listenCommand(screen: Screen): Command {
  return withTaker(new Command('listen'))
    .description("show a taker's pushes as they come; a lost connection is made anew and misses nothing")
    .option('--after <id>', 'begin after this message, with what came since', messageId)
    .option(
      '--types <types>',
      'what to hear; order_status_change,cancellation_request when left out',
      messageTypes,
    )
    .addHelpText('after', EXAMPLES)
    .action((options: ListenOptions) => listen(options, screen));
}

async function listen({ after, types, ...options }: ListenOptions, screen: Screen): Promise<void> {
  const taker = takerOf(options);
  const stopped = screen.takeInterrupts();
  const say = (text: string): void => screen.note(`lockstep: ${printable(text)}\n`);
  const opening = taker.watch({
    after,
    types,
    signal: stopped,
    onMessage: (message) => screen.print(options.json ? jsonLine(message) : messageText(message)),
    onResync: () =>
      say('not all that was missed can be told (resync): read the lists; what happens now follows'),
    onProblem: (problem) =>
      say(
        problem instanceof LockstepError ? sentenceOf(problem) : `${sentenceOf(problem)}; connecting again`,
      ),
  });
  const session = await opening.catch((error: unknown) => {
    if (!stopped.aborted) throw error;
  });
  if (!session) return;
  say('connected; Ctrl-C ends it');
  await session.ended.catch(() => {
    throw new AlreadyTold(); // as the last problem
  });
  if (session.lastId) say(`go on with --after ${session.lastId}`);
}
