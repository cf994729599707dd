import type { FastifyReply } from 'fastify';
import { type Refusal, refusalOf } from './refusal.js';

/** Answers a call with why it is refused. */
export function refuseCall(reply: FastifyReply, error: unknown): Refusal {
  const refusal = refusalOf(error, reply.request.id);
  const { status, code, headers, body, reason } = refusal;
  reply.errorCode = code;
  reply.reason = reason;
  void reply.status(status).headers(headers).send(body);
  return refusal;
}
