import { recover } from 'tiny-secp256k1';
import type { Hex } from 'viem';
import { hexToBytes, keccak256 } from 'viem/utils';

/** Half of the order of secp256k1: of a signature's two forms only the one with the lower s is canonical (EIP-2). */
const MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
/** In EIP-2098's 64 bytes the highest bit of s is free, and tells which of the points with its r is meant. */
const PARITY_BIT = 1n << 255n;

/** The last byte of a signature of 65 bytes, and which of the points with its r it names. */
const RECOVERY_IDS = new Map<number, 0 | 1>([
  [0, 0],
  [1, 1],
  [27, 0],
  [28, 1],
]);

/** Who signed a hash, with the signature in its one form; or why nobody did, as the end of a sentence about it. */
export type Signer =
  | { signer: string; signature: string; fault?: undefined }
  | { signer?: undefined; signature?: undefined; fault: string };

/**
 * Reads a signature of 65 bytes with v 27/28 or 0/1, or EIP-2098's of 64; its one form has 65 bytes with v 27/28.
 *
 * libsecp256k1 as WebAssembly finds the signer 6 times as fast as the plain JavaScript that viem uses, which took 1.6 ms
 * and held up every other call of the process as long.
 */
export function readSigner(hash: Hex, signature: string): Signer {
  const digits = signature.slice(2).toLowerCase();
  if (digits.length !== 128 && digits.length !== 130) {
    return {
      fault: `has ${digits.length / 2} bytes, and those of key-held wallets have 65, or 64 (EIP-2098)`,
    };
  }
  const [r, rest, v] = [digits.slice(0, 64), BigInt(`0x${digits.slice(64, 128)}`), digits.slice(128)];
  const isCompact = v === '';
  const s = isCompact ? rest & ~PARITY_BIT : rest;
  const recoveryId = isCompact ? (rest === s ? 0 : 1) : RECOVERY_IDS.get(Number.parseInt(v, 16));
  if (recoveryId === undefined) return { fault: `ends with 0x${v}, and must end with 0x1b or 0x1c` };
  if (s > MAX_S) return { fault: 'has a high s, and only the one with the lower s counts (EIP-2)' };
  const canonical = `${r}${s.toString(16).padStart(64, '0')}`;
  try {
    const key = recover(hexToBytes(hash), hexToBytes(`0x${canonical}`), recoveryId, false);
    if (key) {
      const signer = `0x${keccak256(key.subarray(1)).slice(-40)}`;
      return { signer, signature: `0x${canonical}${(27 + recoveryId).toString(16)}` };
    }
  } catch {
    // r or s is no number of the curve's
  }
  return { fault: 'recovers to no address' };
}
