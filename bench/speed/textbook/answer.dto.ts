import { IsBoolean, IsOptional, IsString, IsUUID, Length, Matches } from 'class-validator';

export class AnswerDto {
  @Matches(/^0x[0-9a-fA-F]{64}$/)
  order_hash!: string;

  @Matches(/^0x[0-9a-fA-F]{40}$/)
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
