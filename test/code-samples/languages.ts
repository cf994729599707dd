import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { PYTHON } from '../support/python.js';
import type { Sample } from './samples.js';

/** How the samples of a language are run, one after the other, in as few processes as may be. */
export interface Language {
  label: string;
  /** Shows that its tools are here. */
  probe: string[];
  debian: string;
  /** What they print: a line an answer. */
  run: (samples: Sample[], folder: string, env: NodeJS.ProcessEnv) => Promise<string>;
}

/** Characters of what a program printed before it failed. */
const LAST_WORDS = 500;
const TSC = resolve('node_modules/typescript/bin/tsc');
const className = (operationId: string): string => operationId.replace(/^./, (first) => first.toUpperCase());

export const LANGUAGES: Language[] = [
  {
    label: 'curl',
    probe: ['curl', '--version'],
    debian: 'curl',
    run: (samples, folder, env) => {
      const files = write(folder, samples, ({ operationId }) => `${operationId}.sh`);
      return run(['bash', '-ec', 'for file; do bash -eu "$file"; echo; done', 'bash', ...files], folder, env);
    },
  },
  {
    label: 'TypeScript',
    probe: [process.execPath, '--version'],
    debian: 'nodejs',
    run: async (samples, folder, env) => {
      write(folder, samples, ({ operationId }) => `${operationId}.mts`);
      const compilerOptions = {
        strict: true,
        module: 'NodeNext',
        target: 'ES2023',
        types: ['node'],
        skipLibCheck: true,
      };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
      await run([process.execPath, TSC], folder, env);
      const all = samples.map(({ operationId }) => `await import('./${operationId}.mjs');`).join('\n');
      writeFileSync(join(folder, 'all.mjs'), all);
      return run([process.execPath, 'all.mjs'], folder, env);
    },
  },
  {
    label: 'Python',
    probe: [PYTHON, '--version'],
    debian: 'python3',
    run: (samples, folder, env) => {
      const files = write(folder, samples, ({ operationId }) => `${operationId}.py`);
      const all = 'import runpy, sys\nfor file in sys.argv[1:]: runpy.run_path(file, run_name="__main__")';
      return run([PYTHON, '-W', 'error', '-c', all, ...files], folder, env);
    },
  },
  {
    label: 'Java',
    probe: ['javac', '-version'],
    debian: 'default-jdk-headless',
    run: async (samples, folder, env) => {
      const files = write(folder, samples, ({ operationId }) => `${className(operationId)}.java`);
      const calls = samples.map(({ operationId }) => `${className(operationId)}.main(args);`).join('\n');
      const main = `public static void main(String[] args) throws Exception {\n${calls}\n}`;
      writeFileSync(join(folder, 'All.java'), `class All {\n${main}\n}\n`);
      await run(['javac', '-Xlint:all', '-Werror', 'All.java', ...files], folder, env);
      return run(['java', '-XX:TieredStopAtLevel=1', 'All'], folder, env);
    },
  },
  {
    label: 'Go',
    probe: ['go', 'version'],
    debian: 'golang-go',
    run: async (samples, folder, env) => {
      const files = write(folder, samples, ({ operationId }) => `${operationId}/main.go`);
      writeFileSync(join(folder, 'go.mod'), 'module samples\n\ngo 1.19\n');
      const misformatted = await run(['gofmt', '-l', '.'], folder, env);
      if (misformatted) throw new Error(`not as gofmt formats it: ${misformatted}`);
      await run(['go', 'build', '-buildvcs=false', '-ldflags=-s -w', '-o', 'bin/', './...'], folder, env);
      const programs = files.map((file) => `bin/${dirname(file)}`);
      return run(['bash', '-ec', 'for program; do "$program"; done', 'bash', ...programs], folder, env);
    },
  },
];

function write(folder: string, samples: Sample[], nameOf: (sample: Sample) => string): string[] {
  return samples.map((sample) => {
    const name = nameOf(sample);
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), sample.source);
    return name;
  });
}

/** Fails with what was printed. */
async function run(command: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const [program, ...args] = command as [string, ...string[]];
  try {
    return (await promisify(execFile)(program, args, { cwd, env: { ...process.env, ...env } })).stdout;
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout: string; stderr: string };
    throw new Error(`${program} failed: ${stderr || message}\n${stdout.slice(-LAST_WORDS)}`, {
      cause: error,
    });
  }
}
