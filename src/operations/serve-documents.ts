import { networkOf, SETTINGS, type Settings } from '#config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { clientAddresses } from '../http/client-address.js';
import { CallLimit } from '../http/limits/call-limit.js';
import { refuseCall } from '../http/refusals/refuse-call.js';
import { consoleFiles } from './console-files.js';
import { guideDocuments } from '../guide/guide-documents.js';
import { apiDocuments } from './api-documents.js';
import type { Document } from './document.js';

/** Documents and pages' files that one address gets in a minute: a load of a page takes up to eight. */
const DOCUMENTS_PER_MINUTE = 300;
const MINUTE = 60;

/** Addresses without a slash, or with one too many. Relative, so that they hold under whatever prefix a proxy gives the service. */
const REDIRECTS = { '/': 'guide/', '/docs/': '../docs', '/guide': 'guide/', '/console': 'console/' };

/** Serves the API's documents, the guide and the console. */
export function serveDocuments(app: NestFastifyApplication): void {
  const limit = new CallLimit('documents', DOCUMENTS_PER_MINUTE, MINUTE);
  const addressOf = clientAddresses(app.get<Settings>(SETTINGS));
  const fastify = app.getHttpAdapter().getInstance();
  const documents = { ...apiDocuments(app), ...guideDocuments(app), ...consoleFiles() };
  for (const [path, { headers, bytes }] of Object.entries<Document>(documents)) {
    fastify.get(path, async ({ raw }, reply) => {
      try {
        await limit.count(networkOf(addressOf(raw)), reply);
        reply.headers(headers).send(bytes());
      } catch (error) {
        refuseCall(reply, error);
      }
      return reply;
    });
  }
  for (const [path, target] of Object.entries(REDIRECTS)) {
    fastify.get(path, (_, reply) => reply.redirect(target));
  }
}
