import { LaunchError } from './process-lifecycle.js';

/** The message does not repeat what the URL says: it may be part of a password. */
export class WrongDatabaseUrl extends LaunchError {
  constructor(readonly rule: string) {
    super(`DATABASE_URL ${rule}`);
  }
}
