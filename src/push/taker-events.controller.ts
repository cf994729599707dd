import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { EventHistories } from '#events';
import { OrderQueries, type TakerCaller } from '#trading';
import { ApiKeyGuard } from '../auth/api-key.guard.js';
import { CallingTaker } from '../auth/callers.js';
import { ApiOrderHash, ApiReadErrors, ApiSuccess, TAKER_ERRORS } from '../http/documents/api-answers.js';
import { type Success, success } from '../http/success.js';
import { OrderHashPipe } from '../orders/order-reference.pipe.js';
import { EventsAnswer, EventsQuery, HistoryQuery, TakerHistoryAnswer } from './dto/events.dto.js';
import { EventPages } from './event-pages.service.js';

/** For takers that poll, or look back. */
@ApiTags('Takers: orders')
@ApiSecurity('taker')
@Controller('api/v1/takers')
@UseGuards(ApiKeyGuard)
export class TakerEventsController {
  constructor(
    private readonly pages: EventPages,
    private readonly queries: OrderQueries,
    private readonly histories: EventHistories,
  ) {}

  @Get('events')
  @ApiOperation({
    operationId: 'listTakerEvents',
    summary: "The socket's messages as a page",
    description:
      'For those who poll. Without `after` the page begins at the present, as a new socket does: it has your open ' +
      'cancellation requests (`redelivered`, besides `limit`) and the id after which to go on. With it, everything ' +
      'since comes in order, nothing left out; a page may have few messages or none while there are more, so ask again ' +
      'with its `last_id`. When that is not possible `resync` is true, and the page begins at the present.',
  })
  @ApiSuccess(200, EventsAnswer, 'A page of the messages')
  @ApiReadErrors(...TAKER_ERRORS)
  async listEvents(
    @CallingTaker() { takerId }: TakerCaller,
    @Query() { after, types, limit }: EventsQuery,
  ): Promise<Success<EventsAnswer>> {
    const page = await this.pages.read({ takerId, after, types: new Set(types), limit });
    return success({ events: page.events, last_id: page.lastId, resync: page.resync });
  }

  @Get('orders/:order_hash/events')
  @ApiOperation({
    operationId: 'getTakerOrderEvents',
    summary: "An order's history, as this taker may see it",
    description:
      'What this taker was pushed of the order, or would have been: that it was placed, and what happened while this taker ' +
      'held it. Events older than the service keeps are not there.',
  })
  @ApiOrderHash()
  @ApiSuccess(200, TakerHistoryAnswer, 'The history, or a page of it')
  @ApiReadErrors(...TAKER_ERRORS, 'ORDER_NOT_FOUND')
  async getHistory(
    @CallingTaker() { takerId }: TakerCaller,
    @Param('order_hash', OrderHashPipe) orderHash: string,
    @Query() { after, limit }: HistoryQuery,
  ): Promise<Success<TakerHistoryAnswer>> {
    const { order } = await this.queries.ofTaker(takerId, orderHash);
    const { entries, nextAfter } = await this.histories.ofTaker(takerId, { orderId: order.id, after, limit });
    return success({ events: entries, next_after: nextAfter });
  }
}
