import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import type { Document } from './document.js';
import { once } from './once.js';

const compress = promisify(gzip);
/** Whoever asks again with the same may have another encoding, or another origin whose page may read it. */
const VARY = 'Accept-Encoding, Origin';

/** A document as it goes out: not at all to whom has it already, and compressed to whom can read that. */
export class ServedDocument {
  /** Weak, since it is that of both encodings. */
  private readonly tag = once(() => `W/"${hash('sha256', this.document.bytes(), 'base64url')}"`);
  private readonly compressed = once(() => compress(this.document.bytes()));

  constructor(private readonly document: Document) {}

  async answer(headers: IncomingHttpHeaders, reply: FastifyReply): Promise<void> {
    const tag = this.tag();
    void reply.headers({ ...this.document.headers, etag: tag, vary: VARY });
    if (names(headers['if-none-match'], tag)) {
      void reply.status(304).send();
      return;
    }
    const bytes = this.document.bytes();
    const compressed = takesGzip(headers['accept-encoding']) ? await this.compressed() : bytes;
    // a picture gets no smaller
    if (compressed.length < bytes.length) void reply.header('content-encoding', 'gzip').send(compressed);
    else void reply.send(bytes);
  }
}

/** Whether an If-None-Match names the tag, by the weak comparison that HTTP asks for there. */
function names(condition: string | undefined, tag: string): boolean {
  const opaque = (text: string): string => text.trim().replace(/^W\//, '');
  return (
    condition !== undefined &&
    condition.split(',').some((text) => opaque(text) === '*' || opaque(text) === opaque(tag))
  );
}

/** Whether an Accept-Encoding names gzip, and not with a weight of 0. */
function takesGzip(accepted = ''): boolean {
  return accepted.split(',').some((text) => {
    const [coding, weight = 'q=1'] = text.toLowerCase().split(';');
    return coding!.trim() === 'gzip' && Number(weight.trim().slice('q='.length)) > 0;
  });
}
