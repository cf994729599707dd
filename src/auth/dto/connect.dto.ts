import { ApiProperty } from '@nestjs/swagger';
import { AnswerText, EXAMPLES, SIGNATURE_MAX, TextField } from '../../http/json/fields.js';

const MESSAGE = [
  'Log in to Lockstep',
  `Wallet address: ${EXAMPLES.maker}`,
  'ChainId: 97',
  `Timestamp: ${EXAMPLES.time}`,
  'Nonce: 5f2b9c',
].join('\n');

/** Empty texts pass here: the login itself says what is wrong with them. */
export class ConnectRequest {
  /** The maker's wallet. */
  @TextField({ min: 0, max: 100, example: EXAMPLES.maker })
  wallet_address!: string;

  /** The chain's EIP-155 id, as a string. */
  @TextField({ min: 0, max: 20, example: '97' })
  chain_id!: string;

  /**
   * What the wallet signs. It has the lines `Wallet address: …`, `ChainId: …`, `Timestamp: …` (ISO 8601 with an offset,
   * at most 5 minutes from now) and `Nonce: …` (works once) in any order, and further lines are ignored; or it is an
   * EIP-4361 message ("Sign-In with Ethereum"), whose `Issued At` is the timestamp. A desk may hold logins to its own
   * domains: an EIP-4361 message must name one of them then, and another one must name no foreign one.
   */
  @TextField({ min: 0, max: 4000, example: MESSAGE })
  message!: string;

  /**
   * EIP-191 signature (personal_sign) of the message: 65 bytes as 0x and hex, or EIP-2098's 64; where a chain is configured,
   * also a contract wallet's.
   */
  @TextField({ min: 0, max: SIGNATURE_MAX, example: EXAMPLES.loginSignature })
  signature!: string;
}

export class ConnectAnswer {
  /** JWT (HS256) with the claims wallet_address, chain_id and exp; valid for 24 hours, or until the wallet is logged out. */
  @AnswerText(1_000, 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ3YWxsZXRfYWRkcmVzcyI6IjB4…')
  jwt!: string;
}

export class LogoutAnswer {
  /** Always true. */
  @ApiProperty({ type: Boolean, enum: [true], example: true })
  success!: true;

  /** What was done. */
  @ApiProperty({ type: String, enum: ['Logged out successfully'] })
  message!: string;
}
