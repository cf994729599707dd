import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { countCalls } from './http/call-metrics.js';
import { ErrorFilter } from './http/error.filter.js';
import { KnownQueryGuard } from './http/json/known-query.guard.js';
import { validationPipe } from './http/json/validation.js';
import { AdmissionInterceptor } from './http/limits/admission.interceptor.js';
import { showAdmission } from './http/limits/admission.js';
import { logCalls } from './http/logging.js';
import { refusePlainCalls } from './push/plain-calls.js';
import { serveDocuments } from './operations/serve-documents.js';

/** What every start of the application has in common, in production and in tests. */
export function configureApp(app: NestFastifyApplication): void {
  app.useGlobalPipes(validationPipe());
  app.useGlobalGuards(new KnownQueryGuard());
  app.useGlobalInterceptors(new AdmissionInterceptor());
  app.useGlobalFilters(new ErrorFilter());
  countCalls(app);
  logCalls(app);
  showAdmission(app);
  serveDocuments(app);
  refusePlainCalls(app.getHttpAdapter().getInstance());
}
