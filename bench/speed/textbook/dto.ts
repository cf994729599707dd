import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsInt,
  IsNumberString,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const HASH = /^0x[0-9a-fA-F]{64}$/;

class TermsDto {
  @Matches(ADDRESS)
  maker!: string;

  @Matches(ADDRESS)
  principal!: string;

  @IsBoolean()
  is_buy!: boolean;

  @IsString()
  @Length(1, 32)
  ticker!: string;

  @IsInt()
  @Min(0)
  exchange!: number;

  @Matches(ADDRESS)
  asset!: string;

  @IsNumberString({ no_symbols: true })
  price!: string;

  @IsNumberString({ no_symbols: true })
  quantity!: string;

  @IsNumberString({ no_symbols: true })
  incentive!: string;

  @IsInt()
  @Min(0)
  deadline!: number;

  @IsInt()
  @Min(0)
  nonce!: number;
}

export class PlaceDto {
  @IsObject()
  @ValidateNested()
  @Type(() => TermsDto)
  order!: TermsDto;

  @Matches(/^0x[0-9a-fA-F]{130}$/)
  signature!: `0x${string}`;
}

export class LockDto {
  @Matches(HASH)
  order_hash!: string;

  @Matches(ADDRESS)
  taker_address!: string;
}

export class CancelDto {
  @IsOptional()
  @IsString()
  @Length(1, 1000)
  reason?: string;
}

export class AnswerDto {
  @Matches(HASH)
  order_hash!: string;

  @Matches(ADDRESS)
  taker_address!: string;

  @IsBoolean()
  cancellation_success!: boolean;

  @IsString()
  @Length(1, 1000)
  message!: string;

  @IsOptional()
  @IsUUID()
  request_id?: string;
}
