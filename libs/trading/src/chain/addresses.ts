import { isAddress } from 'viem/utils';

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

/** Whether a text is an address. All-lower and all-upper hex is taken as is, mixed case must pass EIP-55's checksum. */
export function isAddressText(text: string): boolean {
  if (!ADDRESS.test(text)) return false;
  const digits = text.slice(2);
  return digits === digits.toUpperCase() || isAddress(text, { strict: true });
}
