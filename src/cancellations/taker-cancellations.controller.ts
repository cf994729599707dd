import { Body, Controller, Get, HttpCode, Post, Query, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { CancellationQueries, CancellationService, type TakerCaller } from '#trading';
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
import { requestView } from './cancellation.mapper.js';
import { CancelResultAnswer, CancelResultRequest } from './dto/cancel-result.dto.js';
import { CancellationRequestsAnswer, CancellationRequestsQuery } from './dto/cancellation-requests.dto.js';

/** What a taker is asked, and its answer. */
@ApiTags('Takers: orders')
@ApiSecurity('taker')
@Controller('api/v1')
@UseGuards(ApiKeyGuard)
export class TakerCancellationsController {
  constructor(
    private readonly cancellation: CancellationService,
    private readonly requests: CancellationQueries,
  ) {}

  @Post('orders/cancel-result')
  @AllowSuspendedTaker()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'answerCancellation',
    summary: 'Answer a cancellation request',
    description:
      'True releases the lock: the order becomes cancelled (or expired, when its deadline has passed). False keeps ' +
      'it locked for the trade to go on. A late answer counts. The same answer may be sent again at any later time ' +
      'and is answered the same; a contradicting one is refused with the verdict that was recorded.',
  })
  @ApiSuccess(200, CancelResultAnswer, 'The verdict is recorded')
  @ApiErrors(
    ...HOLDER_ERRORS,
    'TAKER_ADDRESS_NOT_ALLOWED',
    'LOCKED_BY_ANOTHER_TAKER',
    'ORDER_NOT_FOUND',
    'ORDER_NOT_LOCKED',
    'NO_CANCELLATION_REQUESTED',
    'CANCELLATION_ALREADY_ANSWERED',
    'ORDER_SUSPENDED',
  )
  async answer(
    @CallingTaker() taker: TakerCaller,
    @Body() body: CancelResultRequest,
  ): Promise<Success<CancelResultAnswer>> {
    const orderHash = body.order_hash.toLowerCase();
    await this.cancellation.answer(taker, {
      orderHash,
      takerAddress: body.taker_address.toLowerCase(),
      cancel: body.cancellation_success,
      message: body.message,
      requestId: body.request_id?.toLowerCase(),
    });
    return success({ success: true, message: 'Cancellation result recorded', order_hash: orderHash });
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
