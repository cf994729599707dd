import { networkOf, SETTINGS, type Settings } from '#config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { clientAddresses } from '../http/client-address.js';
import { CallLimit } from '../http/limits/call-limit.js';

/** Documents and pages' files that one address gets in a minute: a load of a page takes up to eight. */
const DOCUMENTS_PER_MINUTE = 120;
const MINUTE = 60;

/** Counts a document that is asked for; rejects when it is one too many. */
export function documentLimit(app: NestFastifyApplication): (request: FastifyRequest) => Promise<void> {
  const limit = new CallLimit('documents', DOCUMENTS_PER_MINUTE, MINUTE);
  const addressOf = clientAddresses(app.get<Settings>(SETTINGS));
  return ({ raw }) => limit.count(networkOf(addressOf(raw)));
}
