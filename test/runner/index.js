import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { ModernFakeTimers } from '@jest/fake-timers';
import circus from 'jest-circus/runner';
import { ModuleMocker } from 'jest-mock';
import { setGlobals } from './globals.js';

/**
 * Jest's own way to run a test file (jest-circus), except that Node loads the file and what it imports: each module once
 * a worker. Jest would load 2,000 modules anew for each file, into a global object of its own, which takes longer than
 * most files' tests. In return the files of a worker share modules and globals, so no module may keep state.
 */
register('./module-hooks.js', import.meta.url);
process.setSourceMapsEnabled(true);
const require = createRequire(import.meta.url);

/** Where jest-circus and `jest.setTimeout` keep on the global object what is one file's. */
const OF_ONE_FILE = [Symbol.for('EVENT_HANDLERS'), Symbol.for('TEST_TIMEOUT_SYMBOL')];

export default async function runTestFile(globalConfig, config, environment, _runtime, path, report) {
  for (const symbol of OF_ONE_FILE) delete globalThis[symbol];
  Error.prepareStackTrace = undefined; // Node knows the source maps of what it loads, Jest does not
  const mocks = new ModuleMocker(globalThis);
  const timers = new ModernFakeTimers({ config, global: globalThis });
  try {
    return await circus.default(globalConfig, config, environment, runtimeOf(mocks, timers), path, report);
  } finally {
    timers.dispose();
    mocks.restoreAllMocks();
  }
}

/** What jest-circus asks of the runtime that a test file runs in. */
function runtimeOf(mocks, timers) {
  return {
    requireInternalModule: requireAnew,
    requireModule: require,
    setGlobalsForRuntime: (globals) => setGlobals({ ...globals, jest: jestObject(mocks, timers) }),
    unstable_shouldLoadAsEsm: () => true,
    unstable_importModule: (path) => import(pathToFileURL(path).href),
    enterTestCode() {},
    leaveTestCode() {},
  };
}

/** jest-circus keeps the state of the file that runs in its module. */
function requireAnew(path) {
  delete require.cache[path];
  return require(path);
}

/** The functions of `jest` that the tests use. */
function jestObject(mocks, timers) {
  return {
    spyOn: mocks.spyOn.bind(mocks),
    restoreAllMocks: () => mocks.restoreAllMocks(),
    useFakeTimers: (options) => timers.useFakeTimers(options),
    useRealTimers: () => timers.useRealTimers(),
    advanceTimersByTime: (milliseconds) => timers.advanceTimersByTime(milliseconds),
    setTimeout: (milliseconds) => void (globalThis[Symbol.for('TEST_TIMEOUT_SYMBOL')] = milliseconds),
  };
}
