import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { LockService, type TakerCaller } from '#trading';
import { ApiKeyGuard, AllowSuspendedTaker } from '../auth/api-key.guard.js';
import { CallingTaker } from '../auth/callers.js';
import { ApiErrors, ApiSuccess, HOLDER_ERRORS, TAKER_ERRORS } from '../http/documents/api-answers.js';
import { type Success, success } from '../http/success.js';
import { LockAnswer, LockOrderRequest } from './dto/lock-order.dto.js';
import { RejectAnswer, RejectOrderRequest } from './dto/reject-order.dto.js';
import { UnlockAnswer, UnlockOrderRequest } from './dto/unlock-order.dto.js';

/** Taking an order to trade it, and giving it back or turning it down. */
@ApiTags('Takers: orders')
@ApiSecurity('taker')
@Controller('api/v1/orders')
@UseGuards(ApiKeyGuard)
export class LocksController {
  constructor(private readonly locks: LockService) {}

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
  @AllowSuspendedTaker()
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

  @Post('reject')
  @AllowSuspendedTaker()
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
}
