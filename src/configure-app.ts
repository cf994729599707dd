import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AdmissionInterceptor } from './http/admission.interceptor.js';
import { showAdmission } from './http/admission.js';
import { countCalls } from './http/call-metrics.js';
import { ErrorFilter } from './http/error.filter.js';
import { KnownQueryGuard } from './http/known-query.guard.js';
import { logCalls } from './http/logging.js';
import { validationPipe } from './http/validation.js';
import { serveDocs } from './operations/serve-docs.js';

/** What every start of the application has in common, in production and in tests. */
export function configureApp(app: NestFastifyApplication): void {
  app.useGlobalPipes(validationPipe());
  app.useGlobalGuards(new KnownQueryGuard());
  app.useGlobalInterceptors(new AdmissionInterceptor());
  app.useGlobalFilters(new ErrorFilter());
  countCalls(app);
  logCalls(app);
  showAdmission(app);
  serveDocs(app);
}
