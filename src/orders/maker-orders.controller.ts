import { Body, Controller, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type MakerCaller, OrderPlacementService, OrderQueries, type OrderReference } from '#trading';
import { ActiveMakerGuard } from '../auth/active-maker.guard.js';
import { CallingMaker } from '../auth/callers.js';
import { MakerGuard } from '../auth/maker.guard.js';
import {
  ApiErrors,
  ApiOrderId,
  ApiReadErrors,
  ApiSuccess,
  MAKER_ERRORS,
} from '../http/documents/api-answers.js';
import { RateLimitGuard } from '../http/limits/rate-limit.guard.js';
import { pageOf, pageView } from '../http/pages/page.mapper.js';
import { type Success, success } from '../http/success.js';
import { MakerOrdersAnswer, MakerOrdersQuery } from './dto/maker-orders.dto.js';
import { NextNonceAnswer, OrderView } from './dto/order.dto.js';
import { PlaceOrderRequest } from './dto/place-order.dto.js';
import { OrderReferencePipe } from './order-reference.pipe.js';
import { termsOf } from './order-terms.mapper.js';
import { makerFilterOf, orderView } from './order.mapper.js';

@ApiTags('Makers: orders')
@ApiBearerAuth('maker')
@Controller('api/v1/orders')
@UseGuards(MakerGuard, RateLimitGuard)
export class MakerOrdersController {
  constructor(
    private readonly placement: OrderPlacementService,
    private readonly queries: OrderQueries,
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
}
