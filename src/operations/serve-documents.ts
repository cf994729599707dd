import { NotFoundException } from '@nestjs/common';
import { networkOf, SETTINGS, type Settings } from '#config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { guideDocuments } from '../guide/guide-documents.js';
import { hasGuide } from '../guide/pages.js';
import { referenceDocuments } from '../guide/reference-documents.js';
import { clientAddresses } from '../http/client-address.js';
import { WITH_ENVELOPE } from '../http/error.filter.js';
import { CallLimit } from '../http/limits/call-limit.js';
import { apiDocuments } from './api-documents.js';
import { consoleFiles } from './console-files.js';
import { openApiDocument } from './docs.js';
import type { Document } from './document.js';
import { once } from './once.js';
import { ServedDocument } from './served-document.js';

/** Documents and pages' files that one address gets in a minute: a load of a page takes up to eight. */
const DOCUMENTS_PER_MINUTE = 300;
const MINUTE = 60;

/** Addresses without a slash, or with one too many. Relative, so that they hold under whatever prefix a proxy gives the service. */
const REDIRECTS = {
  '/': 'guide/',
  '/docs/': '../docs',
  '/guide': 'guide/',
  '/reference': 'reference/',
  '/console': 'console/',
};

/** Serves the API's documents, the guide, the reference and the console. */
export function serveDocuments(app: NestFastifyApplication): void {
  const settings = app.get<Settings>(SETTINGS);
  const limit = new CallLimit('documents', DOCUMENTS_PER_MINUTE, MINUTE);
  const addressOf = clientAddresses(settings);
  const fastify = app.getHttpAdapter().getInstance();
  const serve = (route: string, find: (path: string) => ServedDocument | undefined): void => {
    fastify.get(route, WITH_ENVELOPE, async ({ raw }, reply) => {
      await limit.count(networkOf(addressOf(raw)), reply);
      const found = find(raw.url!.split('?')[0]!);
      if (!found) throw new NotFoundException();
      await found.answer(raw.headers, reply);
      return reply;
    });
  };
  const openApi = once(() => openApiDocument(app));
  const guide = hasGuide() ? guideDocuments(settings, openApi) : {};
  const documents = { ...apiDocuments(openApi), ...guide, ...consoleFiles() };
  for (const [path, found] of Object.entries(servedOf(documents))) serve(path, () => found);
  // its pages are those of the calls, which are known once all routes are
  const reference = once(() => servedOf(referenceDocuments(openApi())));
  if (hasGuide()) serve('/reference/*', (path) => reference()[path]);
  for (const [path, target] of Object.entries(REDIRECTS)) {
    fastify.get(path, WITH_ENVELOPE, (_, reply) => reply.redirect(target));
  }
}

const servedOf = (documents: Record<string, Document>): Record<string, ServedDocument> =>
  Object.fromEntries(
    Object.entries(documents).map(([path, document]) => [path, new ServedDocument(document)]),
  );
