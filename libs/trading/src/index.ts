import { CancellationRequest } from './cancellations/cancellation-request.entity.js';
import { Fill } from './fills/fill.entity.js';
import { Installation } from './makers/installation.entity.js';
import { LoginNonce, Maker } from './makers/maker.entity.js';
import { FormerTaker } from './orders/former-taker.entity.js';
import { OperatorAction } from './operator/operator-action.entity.js';
import { Order } from './orders/order.entity.js';
import { ApiKey, UsedSignature } from './takers/api-key.entity.js';
import { Taker, TakerAddress } from './takers/taker.entity.js';

export const tradingEntities = [
  Taker,
  TakerAddress,
  ApiKey,
  UsedSignature,
  Maker,
  LoginNonce,
  Installation,
  OperatorAction,
  Order,
  FormerTaker,
  CancellationRequest,
  Fill,
];

export {
  CANCELLATION_STATUSES,
  CancellationRequest,
  type CancellationStatus,
  OPEN_STATUSES,
  RESOLVED_BY,
} from './cancellations/cancellation-request.entity.js';
export { CancellationQueries, type RequestOnOrder } from './cancellations/cancellation-queries.service.js';
export { OpenRequests } from './cancellations/open-requests.service.js';
export { PushReceipts } from './cancellations/push-receipts.service.js';
export { CancellationService, type CancelOutcome } from './cancellations/cancellation.service.js';
export { Fill, FILL_STATUSES } from './fills/fill.entity.js';
export {
  type FillFilter,
  type FillOfOrder,
  FillQueries,
  type FillSortColumn,
} from './fills/fill-queries.service.js';
export { type FillReport, FillService } from './fills/fill.service.js';
export { Chain } from './chain/chain.service.js';
export { WalletSignatures } from './chain/wallet-signatures.service.js';
export { isAddressText } from './chain/addresses.js';
export { checkInvariants, type Finding, NEEDS_A_WORKER } from './invariants/check-invariants.js';
export { Maker } from './makers/maker.entity.js';
export { MakerLogins } from './makers/maker-logins.service.js';
export { type MakerAccess, MakersService, type MakerStep } from './makers/makers.service.js';
export { OperatorAction } from './operator/operator-action.entity.js';
export { AccountLimits } from './order-writing/account-limits.service.js';
export { CALLS, CONNECTIONS } from './order-writing/capacity.js';
export { BacklogMetrics } from './metrics/backlog-metrics.service.js';
export { LockService } from './locks/lock.service.js';
export { OperatorService } from './operator/operator.service.js';
export {
  earlierEventsDropped,
  type OrderHistory,
  OrderHistoryService,
} from './orders/order-history.service.js';
export { DEADLINE_TOLERANCE_SECONDS, OrderPlacementService } from './orders/order-placement.service.js';
export type { OrderFilter } from './orders/order-filter.js';
export {
  type MakerSortColumn,
  type OrderDetails,
  OrderQueries,
  type TakerSortColumn,
} from './orders/order-queries.service.js';
export { CancellationRequestRepository } from './order-writing/cancellation-request.repository.js';
export { FillRepository } from './order-writing/fill.repository.js';
export { OrderRepository } from './order-writing/order.repository.js';
export { OrderStore } from './order-writing/order-store.js';
export { outcomeOf, OrderWriter } from './order-writing/order-writer.js';
export { LockedOrder } from './orders/locked-order.js';
export { ORDER_TYPES, type SignedTerms, signingDomain } from './orders/order-signature.js';
export { ORDER_STATUSES, type OrderStatus } from './orders/order-status.js';
export { type OrderValidation, OrderValidationService } from './orders/order-validation.service.js';
export { FormerTaker } from './orders/former-taker.entity.js';
export { NOTES_MAX, Order, type OrderReference } from './orders/order.entity.js';
export { UINT256_MAX } from './orders/refusals.js';
export { ApiKey } from './takers/api-key.entity.js';
export { type AcceptedKey, AcceptedKeys, type Authentication } from './takers/accepted-keys.service.js';
export { ApiKeysService, type ListedKey, type MintedKey } from './takers/api-keys.service.js';
export type { MakerCaller } from './makers/maker-caller.js';
export type { TakerCaller } from './takers/taker-caller.js';
export { type TakerAccount, TakersService, type TakerStep } from './takers/takers.service.js';
export { UsedSignatures } from './takers/used-signatures.service.js';
export { TimersModule } from './due/timers.module.js';
export { TradingModule } from './trading.module.js';
export {
  BrokenInvariantError,
  ChainAwayError,
  TooBusyError,
  TradingError,
  type TradingErrorCode,
} from './trading-error.js';
