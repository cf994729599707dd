import { ADDRESS_PATTERN } from '#config';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { SCENARIO_NAMES, type ScenarioName } from '../scenario-names.js';

export const EXAMPLE_ADDRESS = '0x71c7656ec7ab88b098defb751b7401b5f6d8976f';
export const EXAMPLE_ID = '8b9ad3ad-4d0c-4f3e-9a26-5b1f1b5a9c11';
export const EXAMPLE_TIME = '2026-01-17T03:00:24.123Z';

export class StartScenarioRequest {
  /** What is played. */
  @IsIn(SCENARIO_NAMES, { message: `must be one of ${SCENARIO_NAMES.join(', ')}` })
  @ApiProperty({ enum: SCENARIO_NAMES, example: 'cancel-while-trading' })
  name!: ScenarioName;

  /** Whose bot is tried: an address of the taker. The demo's taker when left out. */
  @IsOptional()
  @Matches(new RegExp(ADDRESS_PATTERN), { message: 'must be 0x and 40 hex digits' })
  @ApiProperty({
    type: String,
    required: false,
    nullable: true,
    pattern: ADDRESS_PATTERN,
    example: EXAMPLE_ADDRESS,
  })
  taker_address?: string | null;
}

export class ScenarioStep {
  /** When it happened. */
  @ApiProperty({ type: String, format: 'date-time', example: EXAMPLE_TIME })
  at!: string;

  /** What happened, in plain words. */
  @ApiProperty({ type: String, example: 'The maker asks to cancel' })
  text!: string;

  /** To which order. */
  @ApiProperty({ type: String, nullable: true, example: `0x${'1f'.repeat(32)}` })
  order_hash!: string | null;
}

export class ScenarioSummary {
  /** Of this play. */
  @ApiProperty({ type: String, format: 'uuid', example: EXAMPLE_ID })
  id!: string;

  /** What is played. */
  @ApiProperty({ enum: SCENARIO_NAMES })
  name!: ScenarioName;

  /** Whose bot is tried. */
  @ApiProperty({ type: String, pattern: ADDRESS_PATTERN, example: EXAMPLE_ADDRESS })
  taker_address!: string;

  /** `failed`: it could not be played to its end, because the bot did not lock or did not answer, for example. */
  @ApiProperty({ enum: ['running', 'completed', 'failed'] })
  status!: 'running' | 'completed' | 'failed';

  /** When it began. */
  @ApiProperty({ type: String, format: 'date-time', example: EXAMPLE_TIME })
  started_at!: string;

  /** When it ended. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: EXAMPLE_TIME })
  ended_at!: string | null;
}

export class ScenarioView extends ScenarioSummary {
  /** What happened so far. */
  @ApiProperty({ type: [ScenarioStep] })
  steps!: ScenarioStep[];
}

@ApiSchema({ name: 'Scenarios' })
export class ScenariosAnswer {
  /** The last hundred, newest first, without their steps. */
  @ApiProperty({ type: [ScenarioSummary] })
  scenarios!: ScenarioSummary[];
}

export class ScenarioResponse {
  /** 0: success. */
  @ApiProperty({ type: 'integer', enum: [0], example: 0 })
  code!: 0;

  /** What was asked for. */
  @ApiProperty({ type: ScenarioView })
  data!: ScenarioView;
}

export class ScenariosResponse {
  /** 0: success. */
  @ApiProperty({ type: 'integer', enum: [0], example: 0 })
  code!: 0;

  /** What was asked for. */
  @ApiProperty({ type: ScenariosAnswer })
  data!: ScenariosAnswer;
}
