/** A taker's answer to a cancellation request. */
export interface CancellationAnswer {
  orderHash: string;
  takerAddress: string;
  /** True gives the order up, false keeps it to complete the trade. */
  cancel: boolean;
  message: string;
  /** The request being answered; without it, the latest one to this address on this order. */
  requestId?: string;
}
