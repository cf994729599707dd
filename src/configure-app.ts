import { SETTINGS, type Settings } from '#config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { showAdmission } from './http/admission.js';
import { countCalls } from './http/call-metrics.js';
import { ErrorFilter } from './http/error.filter.js';
import { KnownQueryGuard } from './http/known-query.guard.js';
import { logCalls } from './http/logging.js';
import { validationPipe } from './http/validation.js';
import { serveDocs } from './operations/docs.js';

/** How long a browser may believe the answer to a preflight. */
const PREFLIGHT_SECONDS = 600;

/** What every start of the application has in common, in production and in tests. */
export function configureApp(app: NestFastifyApplication): void {
  app.useGlobalPipes(validationPipe());
  app.useGlobalGuards(new KnownQueryGuard());
  app.useGlobalFilters(new ErrorFilter());
  allowOrigins(app, app.get<Settings>(SETTINGS).ALLOWED_ORIGINS);
  countCalls(app);
  logCalls(app);
  showAdmission(app);
  serveDocs(app);
}

/** Lets pages of these origins make calls from a browser; the sockets see to theirs themselves. */
function allowOrigins(app: NestFastifyApplication, origins: string[]): void {
  if (origins.length === 0) return;
  app.enableCors({
    origin: origins,
    methods: ['GET', 'POST', 'DELETE'],
    exposedHeaders: ['X-Request-Id', 'Retry-After', 'Link'],
    maxAge: PREFLIGHT_SECONDS,
    // its answer to an incomplete preflight would not be the envelope
    strictPreflight: false,
  });
}
