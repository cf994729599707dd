import { useState } from 'preact/hooks';
import { wordsOf } from '../model/api.js';
import { leftUntil } from '../model/clock.js';
import type { Desk } from '../model/desk.js';
import { isFinal, isHeld } from '../model/orders.js';
import type { Story } from '../model/reader.js';
import type { Order } from '../model/types.js';
import { CopyButton } from './copy-button.js';
import { price, short, span, terms, words } from './format.js';
import { Sequence } from './sequence.js';

/** Where the focus goes when what it was on is done with: to the order's title, once that is drawn. */
export function focusOrder(): void {
  setTimeout(() => document.querySelector<HTMLElement>('#order-title')?.focus());
}

/** One order: what it is, what can be done with it, and how it came so far. */
export function OrderView({ desk }: { desk: Desk }) {
  const { value: story } = desk.story;
  if (!desk.selected.value) {
    return (
      <section class="order-view empty" aria-label="Order">
        <p>Choose an order to see the sequence of messages that it took.</p>
      </section>
    );
  }
  return (
    <section class="order-view" aria-labelledby="order-title">
      <h2 id="order-title" tabIndex={-1}>
        {story && terms(story.order)}
        {story === null && `Order ${short(desk.selected.value)}`}
        {story === undefined && (desk.trouble.value || 'Loading …')}
      </h2>
      {story === null && (
        <p class="hint">It is not shown to you: another taker holds it, or it ended without you.</p>
      )}
      {story && <Loaded key={story.order.order_hash} desk={desk} story={story} />}
    </section>
  );
}

function Loaded({ desk, story: { order, steps, isCut } }: { desk: Desk; story: Story }) {
  return (
    <>
      <Facts order={order} />
      <Actions desk={desk} order={order} />
      {isCut && <p class="hint">What came before is left out here.</p>}
      <Sequence desk={desk} steps={steps} />
    </>
  );
}

function Facts({ order }: { order: Order }) {
  const lockLeft = order.lock_expires_at ? leftUntil(order.lock_expires_at) : 0;
  return (
    <dl class="facts">
      <div>
        <dt>Status</dt>
        <dd>
          <span class={`status ${order.status}`}>{words(order.status)}</span>
        </dd>
      </div>
      {order.status === 'locked' && lockLeft > 0 && (
        <div>
          <dt>Lock ends in</dt>
          <dd>
            <span role="timer" aria-label="Time left of the lock">
              {span(lockLeft)}
            </span>
          </dd>
        </div>
      )}
      <div>
        <dt>Incentive</dt>
        <dd>{price(order.incentive)}</dd>
      </div>
      <div class="wide">
        <dt>
          Order hash <CopyButton text={order.order_hash} what="order hash" />
        </dt>
        <dd class="mono hash">{order.order_hash}</dd>
      </div>
    </dl>
  );
}

function Actions({ desk, order }: { desk: Desk; order: Order }) {
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const act = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setProblem('');
    try {
      await work();
    } catch (error) {
      setProblem(wordsOf(error));
    }
    setBusy(false);
  };
  const button = (label: string, work: () => Promise<void>, look = '') => (
    <button type="button" class={look} disabled={isBusy} onClick={() => void act(work)}>
      {label}
    </button>
  );
  const isLocked = isHeld(order);
  return (
    <div class="actions">
      {desk.role === 'taker' && order.status === 'pending' && button('Lock', () => desk.lock(order), 'main')}
      {desk.role === 'taker' && isLocked && (
        <>
          {button('Fill', () => desk.fill(order))}
          {button('Unlock', () => desk.unlock(order))}
          <RejectForm isBusy={isBusy} reject={(reason) => void act(() => desk.reject(order, reason))} />
        </>
      )}
      {desk.role === 'maker' &&
        !isFinal(order) &&
        button(isLocked ? 'Ask to cancel' : 'Cancel', () => desk.cancel(order))}
      <p class="wrong" role="alert">
        {problem}
      </p>
    </div>
  );
}

function RejectForm({ isBusy, reject }: { isBusy: boolean; reject: (reason: string) => void }) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    reject(String(new FormData(event.target as HTMLFormElement).get('reason')));
  };
  return (
    <details class="reject">
      <summary>Reject …</summary>
      <form onSubmit={submit}>
        <label>
          <span>Reason</span>
          <input name="reason" type="text" required maxLength={1_000} autocomplete="off" />
        </label>
        <button type="submit" disabled={isBusy}>
          Reject
        </button>
      </form>
    </details>
  );
}
