import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  CancellationService,
  type MakerCaller,
  OrderPlacementService,
  OrderQueries,
  type OrderReference,
} from '#trading';
import type { FastifyReply } from 'fastify';
import { ActiveMakerGuard } from '../auth/active-maker.guard.js';
import { CallingMaker } from '../auth/callers.js';
import { MakerGuard } from '../auth/maker.guard.js';
import { RateLimitGuard } from '../auth/rate-limit.guard.js';
import { ApiErrors, ApiOrderId, ApiReadErrors, ApiSuccess, MAKER_ERRORS } from '../http/documents/api-answers.js';
import { type Success, success } from '../http/refusals/envelope.js';
import { CancellationRequested, CancelOrderRequest, OrderCancelled } from './dto/cancel-order.dto.js';
import { MakerOrdersAnswer, MakerOrdersQuery } from './dto/maker-orders.dto.js';
import { NextNonceAnswer, OrderView } from './dto/order.dto.js';
import { PlaceOrderRequest } from './dto/place-order.dto.js';
import { makerFilterOf, pageOf, pageView } from './list.mapper.js';
import { OrderReferencePipe } from './order-reference.pipe.js';
import { cancelView, orderView, termsOf } from './order.mapper.js';

const DEFAULT_REASON = 'user_requested';

@ApiTags('Makers: orders')
@ApiBearerAuth('maker')
@Controller('api/v1/orders')
@UseGuards(MakerGuard, RateLimitGuard)
export class MakerOrdersController {
  constructor(
    private readonly placement: OrderPlacementService,
    private readonly queries: OrderQueries,
    private readonly cancellation: CancellationService,
  ) {}

  @Post()
  @UseGuards(ActiveMakerGuard)
  @HttpCode(201)
  @ApiOperation({
    operationId: 'placeOrder',
    summary: 'Place a signed order',
    description: 'Records an order that the wallet has signed (EIP-712) and shows it to every taker.',
  })
  @ApiSuccess(201, OrderView, 'The order, pending')
  @ApiErrors(...MAKER_ERRORS, 'ACCOUNT_SUSPENDED', 'NONCE_ALREADY_USED')
  async place(
    @CallingMaker() maker: MakerCaller,
    @Body() body: PlaceOrderRequest,
  ): Promise<Success<OrderView>> {
    const order = await this.placement.place(maker, termsOf(body.order), body.signature.toLowerCase());
    return success(orderView({ order, cancellation: null, fill: null }));
  }

  @Get()
  @ApiOperation({
    operationId: 'listOrders',
    summary: "The maker's orders",
    description: 'Filters are combined: an order has to fit all of them.',
  })
  @ApiSuccess(200, MakerOrdersAnswer, 'A page of the orders')
  @ApiReadErrors(...MAKER_ERRORS)
  async list(
    @CallingMaker() { wallet }: MakerCaller,
    @Query() query: MakerOrdersQuery,
  ): Promise<Success<MakerOrdersAnswer>> {
    const orders = await this.queries.listOfMaker(wallet, makerFilterOf(query), pageOf(query));
    return success({ ...pageView(orders), orders: orders.items.map(orderView) });
  }

  @Get('maker/next-nonce')
  @ApiOperation({
    operationId: 'getNextNonce',
    summary: 'The nonce for the next order',
    description: 'Nonces may leave gaps; each works once for a maker.',
  })
  @ApiSuccess(200, NextNonceAnswer, 'The smallest nonce above all used ones')
  @ApiReadErrors(...MAKER_ERRORS)
  async nextNonce(@CallingMaker() { wallet }: MakerCaller): Promise<Success<NextNonceAnswer>> {
    return success({ maker: wallet, next_nonce: await this.placement.nextNonce(wallet) });
  }

  @Get(':order_id')
  @ApiOperation({
    operationId: 'getOrder',
    summary: 'One order of the maker',
    description: 'The order as it stands now, with its latest cancellation request.',
  })
  @ApiOrderId()
  @ApiSuccess(200, OrderView, 'The order')
  @ApiReadErrors(...MAKER_ERRORS, 'ORDER_NOT_FOUND')
  async get(
    @CallingMaker() { wallet }: MakerCaller,
    @Param('order_id', OrderReferencePipe) reference: OrderReference,
  ): Promise<Success<OrderView>> {
    return success(orderView(await this.queries.ofMaker(wallet, reference)));
  }

  @Post(':order_id/cancel')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'cancelOrder',
    summary: 'Cancel an order, or ask its taker to',
    description:
      'A pending order is cancelled at once (200). When a taker holds the order, the taker is asked (202); its ' +
      'answer arrives on the maker socket and in the order. Asking again is harmless: it answers the same request, ' +
      'and puts one that timed out to the taker once more.',
  })
  @ApiOrderId()
  @ApiBody({ type: CancelOrderRequest, required: false })
  @ApiSuccess(200, OrderCancelled, 'Cancelled')
  @ApiSuccess(202, CancellationRequested, 'A taker holds the order and has been asked')
  @ApiErrors(...MAKER_ERRORS, 'ORDER_NOT_FOUND', 'ORDER_FINAL', 'ORDER_SUSPENDED')
  async cancel(
    @CallingMaker() maker: MakerCaller,
    @Param('order_id', OrderReferencePipe) reference: OrderReference,
    @Body() body: CancelOrderRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Success<OrderCancelled | CancellationRequested>> {
    const outcome = await this.cancellation.cancel(maker, reference, body.reason ?? DEFAULT_REASON);
    if (outcome.request) void reply.status(202);
    return success(cancelView(outcome));
  }

  @Delete(':order_id')
  @ApiOperation({
    operationId: 'deleteOrder',
    summary: 'The same as cancelOrder',
    description: 'For clients that cancel with DELETE. To give a reason, use cancelOrder.',
  })
  @ApiOrderId()
  @ApiSuccess(200, OrderCancelled, 'Cancelled')
  @ApiSuccess(202, CancellationRequested, 'A taker holds the order and has been asked')
  @ApiErrors(...MAKER_ERRORS, 'ORDER_NOT_FOUND', 'ORDER_FINAL', 'ORDER_SUSPENDED')
  delete(
    @CallingMaker() maker: MakerCaller,
    @Param('order_id', OrderReferencePipe) reference: OrderReference,
    @Body() body: CancelOrderRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Success<OrderCancelled | CancellationRequested>> {
    return this.cancel(maker, reference, body, reply);
  }
}
