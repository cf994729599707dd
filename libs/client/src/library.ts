export type { Api, Body, Data, Query, Send } from './api.js';
export type { Answered, Verdict } from './cancellation-answers.js';
export { readConfig, settlementOf } from './config.js';
export { isFinal, LockstepError } from './lockstep-error.js';
export type { Maker, MakerListeners, MakerOptions, NewOrder } from './maker.js';
export { loginMessage, type MakerAccount } from './maker-token.js';
export type {
  CancellationRequest,
  CancellationUpdate,
  OrderBookChange,
  OrderStatusChange,
  EventMessage,
  PushMessage,
  Resync,
  TakerMessage,
} from './messages.js';
export type * from './openapi.js';
export {
  hashOrder,
  orderTypedData,
  type OrderTypedData,
  type Settlement,
  termsOf,
} from './order-signature.js';
export { RequestSigner } from './request-signer.js';
export { pauseAfter, persist, type Persistence } from './retry.js';
export type { Session, SessionOptions } from './session.js';
export type { Taker, TakerListeners, TakerOptions, WatchOptions } from './taker.js';
export { timeLimit } from './time-limit.js';
export { walletAccount, type WalletProvider } from './wallet-account.js';
