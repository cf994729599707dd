import type { Taker } from '#client';
import { Argument, Command } from 'commander';
import { address, orderHash } from './arguments.js';
import { type TakerOptions, takerOf, withTaker } from './connection.js';
import { historyOf } from './history.js';
import { Refused } from './refusals.js';
import { jsonLine, type Screen } from './screen.js';

interface AnswerOptions extends TakerOptions {
  address?: string;
}

/** What an answer needs beside the verdict; without its id the request is the taker's latest on the order. */
interface Asked {
  taker_address: string;
  request_id?: string;
}

const EXAMPLES = `
Examples:
  lockstep answer 0x1f90… yes "Not traded yet"       the order is cancelled
  lockstep answer 0x1f90… no "Already trading"       the order stays locked

The maker sees the words. The same answer may be given again; another one is refused.`;

/** Answers a cancellation request by hand. */
export function answerCommand(screen: Screen): Command {
  return withTaker(new Command('answer'))
    .description("answer a maker's cancellation request")
    .argument('<hash>', 'the order hash', orderHash)
    .addArgument(new Argument('<verdict>', 'may it be cancelled?').choices(['yes', 'no']))
    .argument('[words]', 'what the maker is told', '')
    .option('--address <address>', 'the address that holds the lock; looked up when left out', address)
    .addHelpText('after', EXAMPLES)
    .action(async (order_hash: string, verdict: 'yes' | 'no', message: string, options: AnswerOptions) => {
      const taker = takerOf(options);
      const asked = options.address ? { taker_address: options.address } : await askedOf(taker, order_hash);
      const cancellation_success = verdict === 'yes';
      const data = await taker.answerCancellation({ order_hash, cancellation_success, message, ...asked });
      const meaning = cancellation_success ? 'the order is given up' : 'the order stays locked';
      screen.print(options.json ? jsonLine(data) : `recorded: ${verdict}, ${meaning}\n`);
    });
}

/** The latest request that the taker was pushed, or would have been. */
async function askedOf(taker: Taker, hash: string): Promise<Asked> {
  const event = (await historyOf(taker, hash)).findLast(({ type }) => type === 'cancellation_request');
  if (event?.type !== 'cancellation_request') {
    throw new Refused(
      `nobody has asked you to cancel ${hash}, so there is nothing to answer; see "lockstep order"`,
    );
  }
  const { taker_address, request_id } = event.data.metadata;
  return { taker_address, request_id };
}
