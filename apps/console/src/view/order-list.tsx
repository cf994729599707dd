import type { Desk } from '../model/desk.js';
import { isFinal, isHeld } from '../model/orders.js';
import type { Order } from '../model/types.js';
import { clock, short, terms, words } from './format.js';

const SHOWN_OF_GROUP = 40;
/** Where the order stands below the list, as the style sheet has it. */
const NARROW = matchMedia('(max-width: 759px)');

export function OrderList({ desk }: { desk: Desk }) {
  const orders = [...desk.orders.value.values()].toSorted(
    (a, b) => Date.parse(b.created_at) - Date.parse(a.created_at),
  );
  const groups: [string, Order[]][] = [
    [desk.role === 'taker' ? 'Held by you' : 'Locked', orders.filter(isHeld)],
    ['Held by another taker', orders.filter((order) => order.status === 'locked' && !isHeld(order))],
    ['Suspended', orders.filter(({ status }) => status === 'suspended')],
    [desk.role === 'taker' ? 'To be had' : 'Pending', orders.filter(({ status }) => status === 'pending')],
    ['Ended', orders.filter(isFinal)],
  ];
  return (
    <section class="orders" aria-labelledby="orders">
      <h2 id="orders">Orders</h2>
      {!desk.isLoaded.value && <p class="hint">{desk.trouble.value || 'Loading …'}</p>}
      {desk.isLoaded.value && orders.length === 0 && <NoOrders role={desk.role} />}
      {groups.map(
        ([name, members]) =>
          members.length > 0 && <Group key={name} desk={desk} name={name} orders={members} />,
      )}
    </section>
  );
}

function NoOrders({ role }: { role: Desk['role'] }) {
  return (
    <p class="empty">
      {role === 'taker'
        ? 'No orders yet. They appear here as soon as a maker places one.'
        : 'You have placed no orders yet. They appear here as soon as you do.'}
    </p>
  );
}

function Group({ desk, name, orders }: { desk: Desk; name: string; orders: Order[] }) {
  return (
    <>
      <h3>
        {name} <span class="thin">{orders.length}</span>
      </h3>
      <ul>
        {orders.slice(0, SHOWN_OF_GROUP).map((order) => (
          <li key={order.order_hash}>
            <OrderRow desk={desk} order={order} />
          </li>
        ))}
      </ul>
    </>
  );
}

function OrderRow({ desk, order }: { desk: Desk; order: Order }) {
  const isAsked = desk.open.value.some(({ order_hash }) => order_hash === order.order_hash);
  const choose = (): void => {
    desk.select(order.order_hash);
    if (NARROW.matches) document.querySelector('.order-view')?.scrollIntoView();
  };
  return (
    <button
      type="button"
      class="order"
      aria-current={desk.selected.value === order.order_hash}
      onClick={choose}
    >
      <span class="terms">{terms(order)}</span>
      <span class="thin mono">{clock(order.created_at).slice(0, 8)}</span>
      <span class="thin mono">{short(order.order_hash)}</span>
      <span class={`status ${isAsked ? 'asked' : order.status}`}>
        {isAsked ? 'asked to cancel' : words(order.status)}
      </span>
    </button>
  );
}
