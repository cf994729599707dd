import { ApiProperty } from '@nestjs/swagger';

export class HealthAnswer {
  /** All is well; anything else is answered as an error. */
  @ApiProperty({ type: String, enum: ['ok'] })
  status!: string;
}
