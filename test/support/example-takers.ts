import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isHere } from './tools.js';

/** A taker that is an example: one file, of which its README says how it is run. */
export interface ExampleTaker {
  language: string;
  /** Rejects with what the language's own tools would have otherwise. */
  check: (folder: string) => Promise<unknown>;
  /** Resolves to the command that runs it. */
  build: (folder: string) => Promise<string[]>;
  /** Succeeds where it can be run. */
  probe: string[];
  debian: string;
}

/** Debian's Go packages, for Go without a network. */
const GO_PATH = '/usr/share/gocode';
const GO = 'clients/go/taker.go';
const JAVA = 'clients/java/Taker.java';

export const EXAMPLE_TAKERS: ExampleTaker[] = [
  {
    language: 'Java',
    check: (folder) => run('javac', '-Xlint:all', '-Werror', '-d', folder, JAVA),
    build: async () => ['java', JAVA],
    probe: ['javac', '-version'],
    debian: 'default-jdk-headless',
  },
  {
    language: 'Go',
    check: async () => {
      if (await run('gofmt', '-l', GO)) throw new Error(`gofmt would change ${GO}`);
      await run('go', 'vet', GO);
    },
    build: async (folder) => {
      const program = join(folder, 'taker');
      await run('go', 'build', '-o', program, GO);
      return [program];
    },
    probe: ['sh', '-c', `go version && test -d ${GO_PATH}/src/github.com/gorilla/websocket`],
    debian: 'golang-go golang-github-gorilla-websocket-dev',
  },
];

/** Whether one can be run here. In CI it must be. */
export const canRun = ({ language, probe, debian }: ExampleTaker, whatIsSkipped: string): boolean =>
  isHere(`${whatIsSkipped} in ${language}`, probe, debian);

async function run(program: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: GO_PATH };
  return (await promisify(execFile)(program, args, { env })).stdout;
}
