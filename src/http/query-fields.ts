import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { BooleanField, field, IntegerField } from './fields.js';

/**
 * The kinds of query parameters. A parameter arrives as text, or as an array when it is given twice; text that reads
 * as the kind's value becomes it, and everything else is left for the kind's rule to refuse.
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

/** Unix seconds. */
export const SecondsQuery = () => IntegerQuery({ min: 0, max: LAST_SECOND, example: 1_768_618_824 });

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
