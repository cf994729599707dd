import { Body, Controller, Get, HttpCode, Param, Post, Query, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { OrderQueries, OrderValidationService, type TakerCaller } from '#trading';
import type { FastifyReply } from 'fastify';
import { ApiKeyGuard } from '../auth/api-key.guard.js';
import { CallingTaker } from '../auth/callers.js';
import {
  ApiErrors,
  ApiOrderHash,
  ApiReadErrors,
  ApiSuccess,
  TAKER_ERRORS,
} from '../http/documents/api-answers.js';
import { pageOf, pageView } from '../http/pages/page.mapper.js';
import { type Success, success } from '../http/success.js';
import { OrderView } from './dto/order.dto.js';
import { PlaceOrderRequest } from './dto/place-order.dto.js';
import {
  AvailableOrdersQuery,
  TakerOrdersAnswer,
  TakerOrdersQuery,
  TakerOrderView,
} from './dto/taker-orders.dto.js';
import { ValidateAnswer } from './dto/validate-order.dto.js';
import { OrderHashPipe } from './order-reference.pipe.js';
import { termsOf } from './order-terms.mapper.js';
import { orderView, takerFilterOf, takerOrderView, validationView } from './order.mapper.js';

/** What a taker can lock, holds or has held, and whether it may trade it. */
@ApiTags('Takers: orders')
@ApiSecurity('taker')
@Controller('api/v1')
@UseGuards(ApiKeyGuard)
export class TakerOrdersController {
  constructor(
    private readonly validation: OrderValidationService,
    private readonly orders: OrderQueries,
  ) {}

  @Post('orders/validate')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'validateOrder',
    summary: 'Check a signed order before trading it',
    description:
      'Says what speaks against the order, whether it was placed here or not, and changes nothing. A placed order must ' +
      "be pending or locked; who holds the lock does not matter. Where a chain is configured, the maker's balance and " +
      "allowance of the asset are read, and a buyer's must cover price × quantity + incentive. When the chain cannot " +
      'be read, both are null and an error says why, so that `valid` never vouches for what was not checked.',
  })
  @ApiSuccess(200, ValidateAnswer, 'What was found, be the order valid or not')
  @ApiErrors(...TAKER_ERRORS)
  async validate(@Body() body: PlaceOrderRequest): Promise<Success<ValidateAnswer>> {
    const validation = await this.validation.validate(termsOf(body.order), body.signature.toLowerCase());
    return success(validationView(validation));
  }

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
}
