import { type JSONVisitor, visit } from 'jsonc-parser';
import { ApiError } from './api-errors.js';

/** Far above what any call needs; a document beyond it is made to hurt. */
const MAX_DEPTH = 16;
const MAX_KEYS = 256;

/** Names that no field has: plain objects know them already (`__proto__`, `toString`), or class-transformer drops them. */
export const isReservedName = (key: string): boolean => key in Object.prototype || key === 'prototype';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a body as JSON, without the leniency of JSON.parse: UTF-8 without a byte order mark, an object, no key
 * twice, bounded depth and number of keys. Which text can be stored is up to each field.
 * An empty body is an empty object, so that the caller is told which fields are missing.
 */
export function parseStrictJson(body: Buffer): object {
  if (body.length === 0) return {};
  const text = decode(body);
  visit(text, new StrictVisitor(), { disallowComments: true });
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError('INVALID_PARAMETER', 'the body must be a JSON object');
  }
  return value;
}

function decode(body: Buffer): string {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    throw new ApiError('MALFORMED_JSON', 'the body is not valid UTF-8');
  }
  if (text.startsWith('\uFEFF'))
    throw new ApiError('MALFORMED_JSON', 'the body must not start with a byte order mark');
  return text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // the parser's message quotes the body, whatever it holds
    const reason = (error as Error).message.replaceAll(/\p{C}/gu, '\uFFFD');
    throw new ApiError('MALFORMED_JSON', `the body is not valid JSON: ${reason}`);
  }
}

type PathSupplier = () => (string | number)[];

/** Looks at a document while it is scanned; the scanner forgives bad syntax, JSON.parse then does not. */
class StrictVisitor implements JSONVisitor {
  private readonly keysOfOpenObjects: Set<string>[] = [];
  private depth = 0;
  private keys = 0;

  onObjectBegin = (): void => {
    this.enter();
    this.keysOfOpenObjects.push(new Set());
  };

  onObjectEnd = (): void => {
    this.depth -= 1;
    this.keysOfOpenObjects.pop();
  };

  onArrayBegin = (): void => this.enter();

  onArrayEnd = (): void => {
    this.depth -= 1;
  };

  onObjectProperty = (
    key: string,
    ...[, , , , path]: [number, number, number, number, PathSupplier]
  ): void => {
    const name = (): string => [...path(), key].join('.');
    this.keys += 1;
    if (this.keys > MAX_KEYS) {
      throw new ApiError('INVALID_PARAMETER', `the body must not have more than ${MAX_KEYS} keys`);
    }
    if (isReservedName(key)) throw new ApiError('INVALID_PARAMETER', `${name()} is not a known field`);
    const keys = this.keysOfOpenObjects.at(-1);
    if (keys?.has(key)) throw new ApiError('MALFORMED_JSON', `${name()} is given twice`);
    keys?.add(key);
  };

  private enter(): void {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) {
      throw new ApiError('INVALID_PARAMETER', `the body must not be nested deeper than ${MAX_DEPTH} levels`);
    }
  }
}
