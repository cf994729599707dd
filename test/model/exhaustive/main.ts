import 'reflect-metadata';
import { Command, InvalidArgumentError } from 'commander';
import { Exploration } from './exploration.js';

/**
 * Plays every sequence of calls and due times of one order up to a depth, in memory, against the model:
 * `npm run check:model [-- --depth 7]`.
 */
const DEPTH = '7';

const count = (text: string): number => {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 99.');
  return Number(text);
};

const { depth } = new Command('check:model')
  .option('--depth <steps>', 'how long the sequences are', count, count(DEPTH))
  .parse()
  .opts<{ depth: number }>();

const exploration = new Exploration();
const began = performance.now();
for await (const { depth: steps, states, sequences, differences } of exploration.to(depth)) {
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const figures = [states, sequences, differences].map((figure) => figure.toLocaleString('en'));
  console.log(
    `depth ${steps}: ${figures[0]} states, ${figures[1]} sequences, ${figures[2]} differences, ${seconds} s`,
  );
}
if (exploration.firstDifference !== null) {
  console.log(`\nThe shortest sequence that differs:\n${exploration.firstDifference}`);
  process.exitCode = 1;
}
