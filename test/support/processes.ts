import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

/** The processes of this machine, by number, that work in a folder or whose command line mentions it. */
export function processesOf(folder: string): string[] {
  const lines = execFileSync('ps', ['-eo', 'pid,args']).toString().split('\n');
  return lines
    .filter((line) => line.includes(folder) || workingDirectory(line)?.startsWith(folder))
    .filter((line) => !line.includes('ps -eo'))
    .map((line) => line.trim().split(' ')[0]!);
}

function workingDirectory(line: string): string | undefined {
  try {
    return readlinkSync(`/proc/${line.trim().split(' ')[0]}/cwd`);
  } catch {
    return undefined; // it has ended, or there is no such file system
  }
}
