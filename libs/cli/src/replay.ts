import { Command } from 'commander';
import { messageId, type MessageType, messageTypes } from './arguments.js';
import { type TakerOptions, takerOf, withTaker } from './connection.js';
import { messageText } from './message-text.js';
import { Refused } from './refusals.js';
import { jsonLine, type Screen } from './screen.js';

interface ReplayOptions extends TakerOptions {
  after: string;
  types?: MessageType[];
}

const PAGE = 500;

const EXAMPLES = `
Examples:
  lockstep replay --after 000000000000002a5d1c3e9f7b604182
  lockstep replay --after 000000000000002a5d1c3e9f7b604182 --json > since.ndjson`;

/** Tells again what was pushed. */
export function replayCommand(screen: Screen): Command {
  return withTaker(new Command('replay'))
    .description('tell again what was pushed to a taker after a message, up to now')
    .requiredOption('--after <id>', 'the last message that is known', messageId)
    .option(
      '--types <types>',
      'what to tell; order_status_change,cancellation_request when left out',
      messageTypes,
    )
    .addHelpText('after', EXAMPLES)
    .action((options: ReplayOptions) => replay(options, screen));
}

async function replay({ after, types, ...options }: ReplayOptions, screen: Screen): Promise<void> {
  const taker = takerOf(options);
  let [last, isMore] = [after, true];
  while (isMore) {
    const { events, last_id, resync } = await taker.events({ after: last, types, limit: PAGE });
    if (resync) {
      throw new Refused(
        `what came after ${last} is not kept, or is another database's: read the lists of orders instead`,
      );
    }
    for (const event of events) screen.print(options.json ? jsonLine(event) : messageText(event));
    // a page may be empty although there is more
    isMore = last_id !== last;
    last = last_id;
  }
  if (last !== after) screen.note(`lockstep: go on with --after ${last}\n`);
}
