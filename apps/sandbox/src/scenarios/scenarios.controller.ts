import { Body, Controller, Get, HttpCode, Ip, Param, Post, UseFilters } from '@nestjs/common';
import { networkOf } from '#config';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiRefusals, BODY_REFUSALS, EnvelopeFilter, ERRORS } from '../envelope.js';
import {
  EXAMPLE_ID,
  ScenarioResponse,
  ScenariosResponse,
  StartScenarioRequest,
} from './dto/scenarios.dto.js';
import { SCENARIOS } from './scenario-names.js';
import { MAX_RUNNING_PER_CALLER, Scenarios } from './scenarios.service.js';

const NAMES = Object.entries(SCENARIOS).map(([name, deed]) => `- \`${name}\`: the maker ${deed}`);

@ApiTags('Sandbox')
@Controller('sandbox/scenarios')
@UseFilters(EnvelopeFilter)
export class ScenariosController {
  constructor(private readonly scenarios: Scenarios) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    operationId: 'startScenario',
    summary: "Start a scenario for a taker's bot",
    description: `A maker places an order and waits until the taker's bot has locked it. Then it:\n\n${NAMES.join('\n')}`,
  })
  @ApiResponse({ status: 202, type: ScenarioResponse, description: 'The scenario, running' })
  @ApiRefusals([ERRORS.INVALID_PARAMETER, 'name must be one of cancel-before-trade, …'], ...BODY_REFUSALS, [
    ERRORS.TOO_MANY_REQUESTS,
    `${MAX_RUNNING_PER_CALLER} scenarios of yours are running; try again when one has ended`,
  ])
  start(@Body() { name, taker_address }: StartScenarioRequest, @Ip() address: string): ScenarioResponse {
    return { code: 0, data: this.scenarios.start(name, taker_address ?? undefined, networkOf(address)) };
  }

  @Get()
  @ApiOperation({
    operationId: 'listScenarios',
    summary: 'The scenarios that were started, and how each went',
    description:
      'The last hundred since the sandbox was started, newest first. What happened in one is told by its id.',
  })
  @ApiResponse({ status: 200, type: ScenariosResponse, description: 'The scenarios' })
  list(): ScenariosResponse {
    return { code: 0, data: { scenarios: this.scenarios.list() } };
  }

  @Get(':id')
  @ApiOperation({
    operationId: 'getScenario',
    summary: 'One scenario',
    description: 'What happened so far, step by step.',
  })
  @ApiParam({
    name: 'id',
    description: 'As it was answered when the scenario was started',
    schema: { type: 'string', format: 'uuid', example: EXAMPLE_ID },
  })
  @ApiResponse({ status: 200, type: ScenarioResponse, description: 'The scenario' })
  @ApiRefusals([ERRORS.SCENARIO_NOT_FOUND, 'no scenario of the last 100 has this id'])
  get(@Param('id') id: string): ScenarioResponse {
    return { code: 0, data: this.scenarios.find(id) };
  }
}
