import 'reflect-metadata';
import { test } from '@jest/globals';
import { hasDebianPostgres } from '../support/debian-postgres.js';
import { REPLICATED_FAULTS } from './faults/index.js';
import { Fleet } from './fleet.js';
import { Pair } from './pair.js';
import { playEach } from './suite.js';

/** The same fleet on a primary and its standby, and the ways in which such a database is away, or goes back in time. */
const MAX_SOCKETS_PER_CALLER = '1000';

if (hasDebianPostgres)
  playEach(REPLICATED_FAULTS, async () => Fleet.start(await Pair.start(), { MAX_SOCKETS_PER_CALLER }));
else test.skip('postgresql-15 is not installed', () => {});
