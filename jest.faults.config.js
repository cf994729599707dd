import config from './jest.config.js';

/** The fault suite has processes and a PostgreSQL of its own: `npm run test:faults`. */
const { globalSetup: _, globalTeardown: __, ...shared } = config;
export default {
  ...shared,
  testPathIgnorePatterns: ['/node_modules/'],
  testMatch: ['<rootDir>/test/faults/*.spec.ts'],
};
