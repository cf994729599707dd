import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** What a command that changes something is told beside its own options. */
export interface ByOperator {
  operator: string;
}

/** Adds `--operator`, whose name is kept in the history. */
export function byOperator(command: Command): Command {
  const option = new Option('--operator <name>', 'who does it, for the history').argParser(operatorName);
  return command.addOption(option.default(systemUser(), "the system's user"));
}

/** A container's user may have no name. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

function operatorName(text: string): string {
  if (text.trim() === '' || [...text].length > 100 || /\p{C}/u.test(text)) {
    throw new InvalidArgumentError('It must have 1 to 100 printable characters, not only blanks.');
  }
  return text;
}
