import type { INestApplicationContext } from '@nestjs/common';

/** How commands reach the service's database: `onService` with its schema brought up to date, or to migrate alone. */
export interface AdminRunner {
  onService(command: (context: INestApplicationContext) => Promise<unknown>): Promise<void>;
  migrate(): Promise<void>;
}
