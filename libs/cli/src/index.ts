export { run } from './run.js';
export type { Screen } from './screen.js';
