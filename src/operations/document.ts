import { once } from './once.js';

/** What is served beside the API, as it is: made when it is first asked for, and kept. */
export interface Document {
  headers: Record<string, string>;
  bytes: () => Buffer;
}

export const JSON_TYPE = 'application/json; charset=utf-8';
export const PAGE_TYPE = 'text/html; charset=utf-8';
export const SCRIPT_TYPE = 'text/javascript; charset=utf-8';
export const MARKDOWN_TYPE = 'text/markdown; charset=utf-8';
export const STYLE_TYPE = 'text/css; charset=utf-8';

export const document = (type: string, make: () => string | Buffer): Document => ({
  headers: { 'content-type': type, 'cache-control': 'no-cache' },
  bytes: once(() => Buffer.from(make())),
});

/** A page, with what its browser may load for it. */
export function pageDocument(policy: string, make: () => string): Document {
  const { headers, bytes } = document(PAGE_TYPE, make);
  return { headers: { ...headers, 'content-security-policy': policy }, bytes };
}
