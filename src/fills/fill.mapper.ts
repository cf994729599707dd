import type { Fill, FillFilter, FillOfOrder, FillReport, Order } from '#trading';
import { filterOf } from '../http/pages/page.mapper.js';
import { termsOf } from '../orders/order-terms.mapper.js';
import type { FillAnswer, FillOrderRequest } from './dto/fill-order.dto.js';
import type { FillView } from './dto/fill.dto.js';
import type { FillsQuery } from './dto/fills.dto.js';

export function fillView({ fill, order }: FillOfOrder): FillView {
  return {
    id: fill.id,
    order_id: fill.order_id,
    order_hash: order.order_hash,
    taker: fill.taker_address,
    fill_quantity: fill.fill_quantity,
    fill_amount: fill.fill_amount,
    fee_amount: fill.fee_amount,
    incentive_amount: fill.incentive_amount,
    taker_incentive: fill.taker_incentive,
    tx_hash: fill.tx_hash,
    block_number: fill.block_number,
    status: fill.status,
    reference_id: fill.reference_id,
    created_at: fill.created_at.toISOString(),
  };
}

export function fillReportOf(body: FillOrderRequest): FillReport {
  return {
    terms: termsOf(body.order),
    signature: body.signature.toLowerCase(),
    fillQuantity: body.fill_quantity,
    takerIncentive: body.taker_incentive,
    txHash: body.tx_hash?.toLowerCase(),
    blockNumber: body.block_number,
    referenceId: body.reference_id,
  };
}

export function fillAnswer({ order, fill }: { order: Order; fill: Fill }): FillAnswer {
  return {
    success: true,
    tx_hash: fill.tx_hash,
    order_hash: order.order_hash,
    filled_quantity: fill.fill_quantity,
    filled_amount: fill.fill_amount,
    fee_amount: fill.fee_amount,
    incentive_amount: fill.incentive_amount,
    status: order.status,
  };
}

export function fillFilterOf(query: FillsQuery): FillFilter {
  const { order_id, order_hash, taker, tx_hash, ...filter } = filterOf(query);
  return {
    ...filter,
    order_id: order_id?.toLowerCase(),
    order_hash: order_hash?.toLowerCase(),
    taker_address: taker?.toLowerCase(),
    tx_hash: tx_hash?.toLowerCase(),
  };
}
