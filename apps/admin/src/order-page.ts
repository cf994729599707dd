import { printable } from '#config';
import type { InCall, OrderEvent } from '#events';
import {
  type CancellationRequest,
  earlierEventsDropped,
  type Fill,
  type Order,
  type OrderHistory,
} from '#trading';
import { formatUnits } from 'viem/utils';

/** Of prices, incentives and amounts. */
const DECIMALS = 18;
const NOTHING = '–';

/** An order's full history as a page for a person. */
export function orderPage(history: OrderHistory): string {
  const { order, requests, fill, events } = history;
  const nameOf = (takerId: string | null) =>
    printable(history.takers.find(({ id }) => id === takerId)?.name ?? String(takerId));
  const lines = [`Order ${order.order_hash}`, ...indented(aligned(summary(order, nameOf)))];
  if (requests.length > 0)
    lines.push('', 'Cancellation requests', ...indented(requests.flatMap(requestLines)));
  if (fill) lines.push('', 'Fill', ...indented(aligned(fillRows(fill, nameOf))));
  const timeline = earlierEventsDropped(history)
    ? 'Timeline (earlier events are no longer kept)'
    : 'Timeline';
  lines.push('', timeline, ...indented(aligned(events.map((event) => timelineRow(event, nameOf)))));
  return lines.join('\n');
}

type NameOf = (takerId: string | null) => string;

function summary(order: Order, nameOf: NameOf): string[][] {
  const { is_buy, quantity, ticker, exchange, price, incentive } = order;
  const terms = `${is_buy ? 'buy' : 'sell'} ${quantity} ${printable(ticker)} on exchange ${exchange} at ${decimal(price)}`;
  return [
    ['id', order.id],
    ['status', order.status],
    ['notes', order.notes === null ? NOTHING : quoted(order.notes)],
    ['terms', `${terms}, incentive ${decimal(incentive)}`],
    ['asset', order.asset],
    ['filled', `${order.filled_quantity} of ${quantity}`],
    ['maker', `${order.maker}, nonce ${order.nonce}`],
    ['principal', order.principal],
    ['deadline', time(new Date(order.deadline * 1000))],
    ['lock', order.lock_id ? lockText(order, nameOf) : NOTHING],
  ];
}

function lockText(order: Order, nameOf: NameOf): string {
  const holder = `${nameOf(order.locked_taker_id)} with ${order.locked_by}`;
  return `held by ${holder}, ${time(order.locked_at)} to ${time(order.lock_expires_at)}`;
}

function requestLines(request: CancellationRequest): string[] {
  const { status, resolved_by, late, message } = request;
  const end = resolved_by ? ` by ${resolved_by}${late ? ', late' : ''}, ${time(request.resolved_at)}` : '';
  const rows = [
    ['asked', `${time(request.requested_at)}: ${quoted(request.reason)}`],
    ['pushed', time(request.pushed_at)],
    ['expires', time(request.expires_at)],
    ['to', request.taker_address],
    ...(message === null ? [] : [['answer', quoted(message)]]),
  ];
  return [`${request.id} ${status}${end}`, ...indented(aligned(rows))];
}

function fillRows(fill: Fill, nameOf: NameOf): string[][] {
  return [
    ['taker', `${nameOf(fill.taker_id)} with ${fill.taker_address}`],
    ['quantity', fill.fill_quantity],
    ['amount', decimal(fill.fill_amount)],
    ['fee', decimal(fill.fee_amount)],
    ['incentive', decimal(fill.incentive_amount)],
    ['reference', fill.reference_id === null ? NOTHING : quoted(fill.reference_id)],
    ['transaction', fill.tx_hash ? `${fill.tx_hash}, block ${fill.block_number ?? NOTHING}` : NOTHING],
  ];
}

/** When, what, who and why. */
function timelineRow(event: OrderEvent, nameOf: NameOf): string[] {
  return [
    String(event.version),
    time(event.created_at),
    whatHappened(event),
    actorText(event, nameOf),
    why(event),
  ];
}

function whatHappened({ type, from_status, to_status, payload }: OrderEvent): string {
  switch (type) {
    case 'order_status_change':
      return `${from_status ?? 'new'} → ${to_status}`;
    case 'cancellation_request':
      return 'cancellation asked for';
    case 'cancellation_update':
      return `cancellation ${payload.status}${payload.late ? ' late' : ''}`;
  }
}

function actorText({ actor }: OrderEvent, nameOf: NameOf): string {
  switch (actor.kind) {
    case 'maker':
      return `maker${callText(actor)}`;
    case 'taker':
      return `taker ${nameOf(actor.taker_id)}, key ${actor.key_id}${callText(actor)}`;
    case 'operator':
      return `operator ${printable(actor.user)}`;
    case 'service':
      return `service${callText(actor)}`;
    case 'timer':
      return 'timer';
  }
}

/** The call has log lines under its id. */
function callText({ http_request_id: id }: InCall): string {
  return id === undefined ? '' : `, call ${id}`;
}

function why({ payload }: OrderEvent): string {
  const { cause, reason = payload.reason } = (payload.metadata ?? {}) as { cause?: string; reason?: string };
  const said = reason ?? payload.message;
  return [cause ?? payload.resolved_by ?? '', said ? quoted(said) : ''].filter(Boolean).join(': ');
}

function time(date: Date | null): string {
  return date ? date.toISOString().replace('T', ' ').replace('Z', ' UTC') : NOTHING;
}

function decimal(amount: string): string {
  return formatUnits(BigInt(amount), DECIMALS);
}

/** A remark of somebody's, in quotes. */
function quoted(text: string): string {
  return printable(JSON.stringify(text));
}

const indented = (lines: string[]) => lines.map((line) => `  ${line}`);

/** Rows as lines, each column as wide as its widest cell. */
function aligned(rows: string[][]): string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
