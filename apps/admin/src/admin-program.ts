import { printable } from '#config';
import { Command } from 'commander';
import type { AdminRunner } from './admin-runner.js';
import { addKeyCommands } from './key-commands.js';
import { addMakerCommands } from './maker-commands.js';
import { addOrderCommands } from './order-commands.js';
import { addTakerCommands } from './taker-commands.js';

/** The operator's tool: every command, with its options, and what was set on `program` for all of them. */
export function adminProgram(run: AdminRunner, program = new Command('admin')): Command {
  program
    .description("Lockstep's operator tool. Answers are JSON.")
    // a line that repeats what was typed stays one line; a suggestion would be a second one
    .configureOutput({ outputError: (text, write) => write(`${printable(text.trimEnd())}\n`) })
    .showSuggestionAfterError(false);
  addTakerCommands(program, run);
  addKeyCommands(program, run);
  addMakerCommands(program, run);
  addOrderCommands(program, run);
  program
    .command('migrate')
    .description('apply pending migrations')
    .action(() => run.migrate());
  return program;
}
