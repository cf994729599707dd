import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventHistories } from '#events';
import { type MakerCaller, OrderQueries, type OrderReference } from '#trading';
import { CallingMaker } from '../auth/callers.js';
import { MakerGuard } from '../auth/maker.guard.js';
import { ApiOrderId, ApiReadErrors, ApiSuccess, MAKER_ERRORS } from '../http/documents/api-answers.js';
import { RateLimitGuard } from '../http/limits/rate-limit.guard.js';
import { type Success, success } from '../http/success.js';
import { OrderReferencePipe } from '../orders/order-reference.pipe.js';
import { HistoryQuery, MakerHistoryAnswer } from './dto/events.dto.js';

@ApiTags('Makers: orders')
@ApiBearerAuth('maker')
@Controller('api/v1/orders')
@UseGuards(MakerGuard, RateLimitGuard)
export class MakerEventsController {
  constructor(
    private readonly queries: OrderQueries,
    private readonly histories: EventHistories,
  ) {}

  @Get(':order_id/events')
  @ApiOperation({
    operationId: 'getOrderEvents',
    summary: "An order's history",
    description:
      'Every change of the order and every step of its cancellation requests, as they were pushed. Events older than the ' +
      'service keeps are not there.',
  })
  @ApiOrderId()
  @ApiSuccess(200, MakerHistoryAnswer, 'The history, or a page of it')
  @ApiReadErrors(...MAKER_ERRORS, 'ORDER_NOT_FOUND')
  async getHistory(
    @CallingMaker() { wallet }: MakerCaller,
    @Param('order_id', OrderReferencePipe) reference: OrderReference,
    @Query() { after, limit }: HistoryQuery,
  ): Promise<Success<MakerHistoryAnswer>> {
    const { order } = await this.queries.ofMaker(wallet, reference);
    const { entries, nextAfter } = await this.histories.ofMaker(wallet, { orderId: order.id, after, limit });
    return success({ events: entries, next_after: nextAfter });
  }
}
