import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ErrorFilter } from './http/error.filter.js';
import { KnownQueryGuard } from './http/known-query.guard.js';
import { validationPipe } from './http/validation.js';
import { serveDocs } from './operations/docs.js';

/** What every start of the application has in common, in production and in tests. */
export function configureApp(app: NestFastifyApplication): void {
  app.useGlobalPipes(validationPipe());
  app.useGlobalGuards(new KnownQueryGuard());
  app.useGlobalFilters(new ErrorFilter());
  serveDocs(app);
}
