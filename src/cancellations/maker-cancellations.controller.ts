import { Body, Controller, Delete, HttpCode, Param, Post, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CancellationService, type MakerCaller, type OrderReference } from '#trading';
import type { FastifyReply } from 'fastify';
import { CallingMaker } from '../auth/callers.js';
import { MakerGuard } from '../auth/maker.guard.js';
import { ApiErrors, ApiOrderId, ApiSuccess, MAKER_ERRORS } from '../http/documents/api-answers.js';
import { RateLimitGuard } from '../http/limits/rate-limit.guard.js';
import { type Success, success } from '../http/success.js';
import { OrderReferencePipe } from '../orders/order-reference.pipe.js';
import { cancelView } from './cancellation.mapper.js';
import { CancellationRequested, CancelOrderRequest, OrderCancelled } from './dto/cancel-order.dto.js';

const DEFAULT_REASON = 'user_requested';

/** Cancelling an order, or asking its taker to. */
@ApiTags('Makers: orders')
@ApiBearerAuth('maker')
@Controller('api/v1/orders')
@UseGuards(MakerGuard, RateLimitGuard)
export class MakerCancellationsController {
  constructor(private readonly cancellation: CancellationService) {}

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
