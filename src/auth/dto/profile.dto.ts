import { AddressField, AnswerText, EXAMPLES, NullableText } from '../../http/json/fields.js';

/** What the desk knows of a wallet's owner; null where it knows nothing. */
export class MakerProfile {
  /** The wallet that is logged in. */
  @AddressField({ example: EXAMPLES.maker })
  wallet_address!: string;

  /** The name to show. */
  @NullableText(100, 'Blue Harbour')
  username!: string | null;

  /** Where the owner is reached. */
  @NullableText(320, 'desk@example.com')
  email!: string | null;

  /** A picture to show. */
  @NullableText(2_000, 'https://example.com/avatar.png')
  avatar_url!: string | null;

  /** `active`, unless the desk says otherwise. */
  @AnswerText(32, 'active')
  status!: string;
}
