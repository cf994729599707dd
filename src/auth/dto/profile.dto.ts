import { ApiProperty } from '@nestjs/swagger';
import { AddressField } from '../../http/json/fields.js';

/** What the desk knows of a wallet's owner; null where it knows nothing. */
export class MakerProfile {
  /** The wallet that is logged in. */
  @AddressField()
  wallet_address!: string;

  /** The name to show. */
  @ApiProperty({ type: String, nullable: true, example: 'Blue Harbour' })
  username!: string | null;

  /** Where the owner is reached. */
  @ApiProperty({ type: String, nullable: true, example: 'desk@example.com' })
  email!: string | null;

  /** A picture to show. */
  @ApiProperty({ type: String, nullable: true, example: 'https://example.com/avatar.png' })
  avatar_url!: string | null;

  /** `active`, unless the desk says otherwise. */
  @ApiProperty({ type: String, example: 'active' })
  status!: string;
}
