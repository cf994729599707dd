import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import {
  CancellationService,
  FillService,
  LockService,
  OrderValidationService,
  type TakerCaller,
} from '#trading';
import { ApiKeyGuard, EvenSuspended } from '../auth/api-key.guard.js';
import { CallingTaker } from '../auth/callers.js';
import { RateLimitGuard } from '../auth/rate-limit.guard.js';
import { ApiErrors, ApiSuccess, HOLDER_ERRORS, TAKER_ERRORS } from '../http/documents/api-answers.js';
import { type Success, success } from '../http/refusals/envelope.js';
import { CancelResultAnswer, CancelResultRequest } from './dto/cancel-result.dto.js';
import { FillAnswer, FillOrderRequest } from './dto/fill-order.dto.js';
import { LockAnswer, LockOrderRequest } from './dto/lock-order.dto.js';
import { PlaceOrderRequest } from './dto/place-order.dto.js';
import { RejectAnswer, RejectOrderRequest } from './dto/reject-order.dto.js';
import { UnlockAnswer, UnlockOrderRequest } from './dto/unlock-order.dto.js';
import { ValidateAnswer } from './dto/validate-order.dto.js';
import { fillAnswer, fillReportOf, termsOf, validationView } from './order.mapper.js';

@ApiTags('Takers: orders')
@ApiSecurity('taker')
@Controller('api/v1/orders')
@UseGuards(ApiKeyGuard, RateLimitGuard)
export class TakerOrdersController {
  constructor(
    private readonly validation: OrderValidationService,
    private readonly locks: LockService,
    private readonly fills: FillService,
    private readonly cancellation: CancellationService,
  ) {}

  @Post('validate')
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

  @Post('lock')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'lockOrder',
    summary: 'Lock a pending order to trade it',
    description:
      'Nobody else can lock the order while the lock lives. Locking again what the address holds answers the same lock; with ' +
      'a `lock_duration` that ends later the lock is extended, also while a cancellation request is open.',
  })
  @ApiSuccess(200, LockAnswer, 'The lock')
  @ApiErrors(
    ...TAKER_ERRORS,
    'TAKER_ADDRESS_NOT_ALLOWED',
    'ORDER_NOT_FOUND',
    'ORDER_ALREADY_LOCKED',
    'ORDER_FINAL',
    'ORDER_EXPIRED',
    'ORDER_SUSPENDED',
  )
  async lock(
    @CallingTaker() taker: TakerCaller,
    @Body() body: LockOrderRequest,
  ): Promise<Success<LockAnswer>> {
    const orderHash = body.order_hash.toLowerCase();
    const lock = await this.locks.lock(taker, orderHash, {
      address: body.taker_address?.toLowerCase(),
      seconds: body.lock_duration,
    });
    return success({
      success: true,
      order_hash: orderHash,
      locked_by: lock.locked_by,
      locked_at: lock.locked_at.toISOString(),
      expires_at: lock.lock_expires_at.toISOString(),
    });
  }

  @Post('unlock')
  @EvenSuspended()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'unlockOrder',
    summary: 'Give a locked order back',
    description:
      'The order is pending again; cancelled, when its maker had asked for that; expired, when its deadline has passed.',
  })
  @ApiSuccess(200, UnlockAnswer, 'Unlocked')
  @ApiErrors(
    ...HOLDER_ERRORS,
    'LOCKED_BY_ANOTHER_TAKER',
    'ORDER_NOT_FOUND',
    'ORDER_NOT_LOCKED',
    'ORDER_SUSPENDED',
  )
  async unlock(
    @CallingTaker() taker: TakerCaller,
    @Body() body: UnlockOrderRequest,
  ): Promise<Success<UnlockAnswer>> {
    const orderHash = body.order_hash.toLowerCase();
    await this.locks.unlock(taker, orderHash);
    return success({ success: true, order_hash: orderHash, message: 'Order unlocked successfully' });
  }

  @Post('fill')
  @EvenSuspended()
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

  @Post('reject')
  @EvenSuspended()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'rejectOrder',
    summary: 'Turn a locked order down for good',
    description: 'The order is rejected, which is final; an open cancellation request is accepted thereby.',
  })
  @ApiSuccess(200, RejectAnswer, 'Rejected')
  @ApiErrors(
    ...HOLDER_ERRORS,
    'LOCKED_BY_ANOTHER_TAKER',
    'ORDER_NOT_FOUND',
    'ORDER_NOT_LOCKED',
    'ORDER_SUSPENDED',
  )
  async reject(
    @CallingTaker() taker: TakerCaller,
    @Body() body: RejectOrderRequest,
  ): Promise<Success<RejectAnswer>> {
    const orderHash = body.order_hash.toLowerCase();
    await this.locks.reject(taker, orderHash, body.reason);
    return success({ success: true, order_hash: orderHash, message: 'Order rejected successfully' });
  }

  @Post('cancel-result')
  @EvenSuspended()
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
}
