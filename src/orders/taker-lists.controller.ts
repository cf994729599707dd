import { Controller, Get, Param, Query, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { CancellationQueries, FillQueries, OrderQueries, type TakerCaller } from '#trading';
import type { FastifyReply } from 'fastify';
import { ApiKeyGuard } from '../auth/api-key.guard.js';
import { CallingTaker } from '../auth/callers.js';
import { RateLimitGuard } from '../auth/rate-limit.guard.js';
import { ApiOrderHash, ApiReadErrors, ApiSuccess, TAKER_ERRORS } from '../http/documents/api-answers.js';
import { type Success, success } from '../http/refusals/envelope.js';
import { CancellationRequestsAnswer, CancellationRequestsQuery } from './dto/cancellation-requests.dto.js';
import { FillsAnswer, FillsQuery } from './dto/fills.dto.js';
import { OrderView } from './dto/order.dto.js';
import {
  AvailableOrdersQuery,
  TakerOrdersAnswer,
  TakerOrdersQuery,
  TakerOrderView,
} from './dto/taker-orders.dto.js';
import { fillFilterOf, pageOf, pageView, takerFilterOf } from './list.mapper.js';
import { OrderHashPipe } from './order-reference.pipe.js';
import { fillView, orderView, requestView, takerOrderView } from './order.mapper.js';

/** What a taker can lock, holds, has filled, and is asked. */
@ApiTags('Takers: orders')
@ApiSecurity('taker')
@Controller('api/v1')
@UseGuards(ApiKeyGuard, RateLimitGuard)
export class TakerListsController {
  constructor(
    private readonly orders: OrderQueries,
    private readonly fills: FillQueries,
    private readonly requests: CancellationQueries,
  ) {}

  @Get('orders/available')
  @ApiOperation({
    operationId: 'listAvailableOrders',
    summary: 'Orders that can be locked now',
    description:
      'Oldest first. Where there are more than `limit`, the header `Link` (RFC 8288) has the address of the next ones. ' +
      'New orders are pushed on the socket; this call is for what was missed.',
  })
  @ApiSuccess(200, [OrderView], 'Pending orders', 'Link')
  @ApiReadErrors(...TAKER_ERRORS)
  async listAvailable(
    @CallingTaker() taker: TakerCaller,
    @Query() { limit, after }: AvailableOrdersQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Success<OrderView[]>> {
    const { orders, hasMore } = await this.orders.available(taker.takerId, limit, after?.toLowerCase());
    const last = orders.at(-1)?.order.order_hash;
    // relative, so that it leads on under whatever name and path a proxy has for this call
    if (hasMore) void reply.header('link', `<available?limit=${limit}&after=${last}>; rel="next"`);
    return success(orders.map(orderView));
  }

  @Get('takers/orders')
  @ApiOperation({
    operationId: 'listTakerOrders',
    summary: "The taker's orders",
    description:
      'The orders that the taker ever locked or filled. Of one that another taker locked since, it is not told by whom.',
  })
  @ApiSuccess(200, TakerOrdersAnswer, 'A page of the orders')
  @ApiReadErrors(...TAKER_ERRORS)
  async listOrders(
    @CallingTaker() taker: TakerCaller,
    @Query() query: TakerOrdersQuery,
  ): Promise<Success<TakerOrdersAnswer>> {
    const orders = await this.orders.listOfTaker(taker.takerId, takerFilterOf(query), pageOf(query));
    return success({ ...pageView(orders), orders: orders.items.map(takerOrderView) });
  }

  @Get('takers/orders/:order_hash')
  @ApiOperation({
    operationId: 'getTakerOrder',
    summary: 'One order',
    description:
      'An order that is pending, or that the taker ever locked or filled, also when another holds it now.',
  })
  @ApiOrderHash()
  @ApiSuccess(200, TakerOrderView, 'The order')
  @ApiReadErrors(...TAKER_ERRORS, 'ORDER_NOT_FOUND')
  async getOrder(
    @CallingTaker() taker: TakerCaller,
    @Param('order_hash', OrderHashPipe) orderHash: string,
  ): Promise<Success<TakerOrderView>> {
    return success(takerOrderView(await this.orders.ofTaker(taker.takerId, orderHash)));
  }

  @Get('orders/filled')
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
    const fills = await this.fills.listOfTaker(taker.takerId, fillFilterOf(query), pageOf(query));
    return success({ ...pageView(fills), fills: fills.items.map(fillView) });
  }

  @Get('takers/cancellation-requests')
  @ApiOperation({
    operationId: 'listCancellationRequests',
    summary: 'What the taker is asked to cancel',
    description:
      'Unless others are asked for, those that can still be answered. Requests are pushed on the socket, and again at ' +
      'every connect; this call is for takers without one.',
  })
  @ApiSuccess(200, CancellationRequestsAnswer, 'A page of the requests')
  @ApiReadErrors(...TAKER_ERRORS)
  async listRequests(
    @CallingTaker() taker: TakerCaller,
    @Query() query: CancellationRequestsQuery,
  ): Promise<Success<CancellationRequestsAnswer>> {
    const page = pageOf({ ...query, sort_by: 'requested_at' });
    const requests = await this.requests.listOfTaker(taker.takerId, query.status, page);
    return success({ ...pageView(requests), requests: requests.items.map(requestView) });
  }
}
