/** Every test file gets its own migrated database (test/support); Node loads it (test/runner). */
export default {
  testRunner: '<rootDir>/test/runner/index.js',
  roots: ['<rootDir>/test', '<rootDir>/libs', '<rootDir>/src'],
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/faults/'], // a run of its own: jest.faults.config.js
  transform: {},
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  testTimeout: 30_000,
  maxWorkers: 3, // on two cores: many tests wait for time to pass
  workerGracefulExitTimeout: 10_000, // to free what it has loaded, on a busy machine
};
