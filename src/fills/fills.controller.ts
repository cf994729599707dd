import { Body, Controller, Get, HttpCode, Post, Query, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { FillQueries, FillService, type TakerCaller } from '#trading';
import { ApiKeyGuard, AllowSuspendedTaker } from '../auth/api-key.guard.js';
import { CallingTaker } from '../auth/callers.js';
import {
  ApiErrors,
  ApiReadErrors,
  ApiSuccess,
  HOLDER_ERRORS,
  TAKER_ERRORS,
} from '../http/documents/api-answers.js';
import { pageOf, pageView } from '../http/pages/page.mapper.js';
import { type Success, success } from '../http/success.js';
import { FillAnswer, FillOrderRequest } from './dto/fill-order.dto.js';
import { FillsAnswer, FillsQuery } from './dto/fills.dto.js';
import { fillAnswer, fillFilterOf, fillReportOf, fillView } from './fill.mapper.js';

@ApiTags('Takers: orders')
@ApiSecurity('taker')
@Controller('api/v1/orders')
@UseGuards(ApiKeyGuard)
export class FillsController {
  constructor(
    private readonly fills: FillService,
    private readonly queries: FillQueries,
  ) {}

  @Post('fill')
  @AllowSuspendedTaker()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'fillOrder',
    summary: 'Report the trade of a locked order',
    description:
      'Closes the order as filled, or partially filled. While a cancellation request is open, the fill counts and ' +
      'the request is rejected. The same fill may be sent again: it is answered the same and counts once.',
  })
  @ApiSuccess(200, FillAnswer, 'The fill is recorded')
  @ApiErrors(
    ...HOLDER_ERRORS,
    'LOCKED_BY_ANOTHER_TAKER',
    'ORDER_NOT_FOUND',
    'ORDER_NOT_LOCKED',
    'QUANTITY_EXCEEDS_REMAINING',
    'ORDER_EXPIRED',
    'ORDER_SUSPENDED',
  )
  async fill(
    @CallingTaker() taker: TakerCaller,
    @Body() body: FillOrderRequest,
  ): Promise<Success<FillAnswer>> {
    return success(fillAnswer(await this.fills.fill(taker, fillReportOf(body))));
  }

  @Get('filled')
  @ApiOperation({
    operationId: 'listFills',
    summary: "The taker's fills",
    description: 'What the taker has reported as traded, by any of its addresses.',
  })
  @ApiSuccess(200, FillsAnswer, 'A page of the fills')
  @ApiReadErrors(...TAKER_ERRORS)
  async listFills(
    @CallingTaker() taker: TakerCaller,
    @Query() query: FillsQuery,
  ): Promise<Success<FillsAnswer>> {
    const fills = await this.queries.listOfTaker(taker.takerId, fillFilterOf(query), pageOf(query));
    return success({ ...pageView(fills), fills: fills.items.map(fillView) });
  }
}
