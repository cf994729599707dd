import { type JSONVisitor, visit } from 'jsonc-parser';
import { ApiError } from '../refusals/api-errors.js';

/** Far above what any call needs; a document beyond it is made to hurt. */
const MAX_DEPTH = 16;
const MAX_VALUES = 256;

/** Names that no field has: plain objects know them already (`__proto__`, `toString`), or class-transformer drops them. */
export const isReservedName = (key: string): boolean => key in Object.prototype || key === 'prototype';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a body as JSON, without the leniency of JSON.parse: UTF-8 without a byte order mark, an object, no array (no call
 * has a field for one), no key twice, bounded depth and number of values. Which text can be stored is up to each field.
 * An empty body is an empty object, so that the caller is told which fields are missing.
 */
export function parseStrictJson(body: Buffer): object {
  if (body.length === 0) return {};
  const text = decode(body);
  const isWellFormed = looksWellFormed(text, new StrictVisitor());
  const value = parse(text);
  if (!isWellFormed) throw new ApiError('MALFORMED_JSON', 'the body is not valid JSON');
  if (typeof value !== 'object' || value === null) throw noObject();
  return value;
}

const noObject = (): ApiError => new ApiError('INVALID_PARAMETER', 'the body must be a JSON object');

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

/** Stops at the first fault of the syntax, about which the scanner would go on for as long as the text is. */
function looksWellFormed(text: string, visitor: StrictVisitor): boolean {
  try {
    visit(text, visitor, { disallowComments: true });
    return true;
  } catch (error) {
    if (error instanceof SyntaxFault) return false;
    throw error;
  }
}

class SyntaxFault extends Error {}

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

/** Looks at a document while it is scanned; what is wrong with its syntax, JSON.parse then says. */
class StrictVisitor implements JSONVisitor {
  private readonly keysOfOpenObjects: Set<string>[] = [];
  private depth = 0;
  private values = 0;

  onObjectBegin = (): void => {
    this.enter();
    this.keysOfOpenObjects.push(new Set());
  };

  onObjectEnd = (): void => {
    this.depth -= 1;
    this.keysOfOpenObjects.pop();
  };

  onArrayBegin = (...[, , , , path]: [number, number, number, number, PathSupplier]): never => {
    const name = path().join('.');
    throw name === '' ? noObject() : new ApiError('INVALID_PARAMETER', `${name} must not be an array`);
  };

  onObjectProperty = (
    key: string,
    ...[, , , , path]: [number, number, number, number, PathSupplier]
  ): void => {
    const name = (): string => [...path(), key].join('.');
    if (isReservedName(key)) throw new ApiError('INVALID_PARAMETER', `${name()} is not a known field`);
    const keys = this.keysOfOpenObjects.at(-1);
    if (keys?.has(key)) throw new ApiError('MALFORMED_JSON', `${name()} is given twice`);
    keys?.add(key);
  };

  onLiteralValue = (): void => this.count();

  onError = (): void => {
    throw new SyntaxFault();
  };

  private count(): void {
    this.values += 1;
    if (this.values > MAX_VALUES) {
      throw new ApiError('INVALID_PARAMETER', `the body must not have more than ${MAX_VALUES} values`);
    }
  }

  private enter(): void {
    this.count();
    this.depth += 1;
    if (this.depth > MAX_DEPTH) {
      throw new ApiError('INVALID_PARAMETER', `the body must not be nested deeper than ${MAX_DEPTH} levels`);
    }
  }
}
