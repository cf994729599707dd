import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { BooleanField, field, IntegerField } from './fields.js';
import { parseTime } from './parse-time.js';

/**
 * The kinds of query parameters. A parameter arrives as text; text that reads as the kind's value becomes it, and
 * everything else is left for the kind's rule to refuse.
 */
const WHOLE_NUMBER = /^(0|[1-9]\d{0,15})$/;

/** The last second that ISO 8601 can write with four-digit years. */
const LAST_SECOND = 253_402_300_799;

const read = (convert: (text: string) => unknown) =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? convert(value) : value));

export const IntegerQuery = (options: { min: number; max: number; example?: number }) =>
  applyDecorators(
    read((text) => (WHOLE_NUMBER.test(text) ? Number(text) : text)),
    IntegerField({ ...options, optional: true }),
  );

/** A moment, as Unix seconds or in ISO 8601; it becomes Unix seconds, with a fraction where the text has one. */
export const TimeQuery = () =>
  applyDecorators(
    read((text) => (WHOLE_NUMBER.test(text) ? Number(text) : (secondsOf(text) ?? text))),
    field(
      `must be Unix seconds from 0 to ${LAST_SECOND} or ISO 8601 with an offset, as 2026-01-17T03:00:24Z`,
      (value) => typeof value === 'number' && value <= LAST_SECOND,
      {
        nullable: false,
        oneOf: [
          { type: 'integer', minimum: 0, maximum: LAST_SECOND },
          { type: 'string', format: 'date-time' },
        ],
      },
      { optional: true },
    ),
  );

/** Clients forget to encode a plus sign, which then reads as a space. */
function secondsOf(text: string): number | undefined {
  const time = parseTime(text.replace(/ (\d\d(:?\d\d)?)$/, '+$1'));
  return time instanceof Date ? time.getTime() / 1000 : undefined;
}

export const BooleanQuery = () =>
  applyDecorators(
    read((text) => (text === 'true' ? true : text === 'false' ? false : text)),
    BooleanField({ optional: true, example: true }),
  );

/** One of a few words. */
export const ChoiceQuery = (choices: readonly string[], enumName: string) =>
  field(
    `must be one of ${choices.join(', ')}`,
    (value) => isChoice(choices, value),
    { enum: choices as string[], enumName },
    { optional: true },
  );

/** Several of a few words, comma-separated. */
export const ChoicesQuery = (choices: readonly string[], enumName: string) =>
  applyDecorators(
    read((text) => text.split(',')),
    field(
      `must be a comma-separated list of ${choices.join(', ')}`,
      (value) => Array.isArray(value) && value.every((item) => isChoice(choices, item)),
      { enum: choices, enumName, isArray: true, style: 'form', explode: false } as object,
      { optional: true },
    ),
  );

const isChoice = (choices: readonly string[], value: unknown): boolean =>
  typeof value === 'string' && choices.includes(value);
