import { getAddress } from 'viem';

/** The address with every other letter in upper case, which is not its EIP-55 checksum. */
export function wrongChecksum(address: string): string {
  const alternating = [0, 1].map((first) => {
    let letters = first;
    return address.replace(/[a-f]/g, (letter) => (letters++ % 2 ? letter.toUpperCase() : letter));
  });
  return alternating.find((candidate) => candidate !== getAddress(address))!;
}

export type WrongValue = [title: string, wrong: (value: string) => unknown];
export const IN_ARRAY = 'in an array';
export const NULL: WrongValue = ['null', () => null];
export const NOT_STRING: WrongValue[] = [
  ['a number', () => 7],
  ['a boolean', () => true],
  [IN_ARRAY, (value) => [value]],
  ['in an object', (value) => ({ value })],
];
export const NOT_TEXT: WrongValue[] = [...NOT_STRING, ['empty', () => '']];
export const NOT_HEX: WrongValue[] = [
  ['a digit short', (value) => value.slice(0, -1)],
  ['a digit long', (value) => `${value}0`],
  ['without 0x', (value) => value.slice(2)],
  ['with 0X', (value) => value.replace('x', 'X')],
  ['with a digit that is not hex', (value) => `${value.slice(0, -1)}g`],
  ['after a space', (value) => ` ${value}`],
  ['before a line break', (value) => `${value}\n`],
];
export const NOT_BOOLEAN: WrongValue[] = [
  ['null', () => null],
  ['the string "true"', () => 'true'],
  ['the number 1', () => 1],
  ['the number 0', () => 0],
  ['empty', () => ''],
  [IN_ARRAY, () => [true]],
  ['an object', () => ({})],
];
export const NOT_UUID: WrongValue[] = [
  ['a word', () => 'latest'],
  ['in braces', (value) => `{${value}}`],
  ['without hyphens', (value) => value.replaceAll('-', '')],
  ['before a line break', (value) => `${value}\n`],
];
