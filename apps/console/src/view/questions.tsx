import { useRef, useState } from 'preact/hooks';
import { wordsOf } from '../model/api.js';
import { leftUntil } from '../model/clock.js';
import type { Desk } from '../model/desk.js';
import { installation } from '../model/installation.js';
import type { Question } from '../model/types.js';
import { short, span, terms } from './format.js';
import { focusOrder } from './order-view.js';

/** For so long after requests have moved up, a click was meant for what stood there before. */
const SETTLE_MS = 500;

/** What makers ask of a taker: each with the time that is left, and the two answers. */
export function Questions({ desk }: { desk: Desk }) {
  const { value: open } = desk.open;
  const isSettled = useSettled(open.map(({ request_id }) => request_id));
  if (desk.role === 'maker' || open.length === 0) return null;
  return (
    <section class="questions" aria-labelledby="questions">
      <h2 id="questions">
        {open.length === 1 ? 'A maker asks to cancel' : `${open.length} requests to cancel`}
      </h2>
      {open.map((question) => (
        <QuestionCard key={question.request_id} desk={desk} question={question} isSettled={isSettled} />
      ))}
    </section>
  );
}

/** Tells whether all has stood where it stands for a while. */
function useSettled(ids: string[]): () => boolean {
  const last = useRef({ ids, movedAt: -Infinity });
  const { current } = last;
  if (ids.some((id, place) => current.ids.indexOf(id) > place)) current.movedAt = performance.now();
  current.ids = ids;
  return () => performance.now() - current.movedAt > SETTLE_MS;
}

interface QuestionCardProps {
  desk: Desk;
  question: Question;
  isSettled: () => boolean;
}

function QuestionCard({ desk, question, isSettled }: QuestionCardProps) {
  const [words, setWords] = useState('');
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const order = desk.orders.value.get(question.order_hash);
  const title = order ? terms(order) : `Order ${short(question.order_hash)}`;
  const answer = async (verdict: boolean): Promise<void> => {
    setBusy(true);
    try {
      await desk.answer(question, verdict, words);
      desk.select(question.order_hash);
      focusOrder();
    } catch (error) {
      setProblem(wordsOf(error));
    }
    setBusy(false);
  };
  const click = ({ detail: clicks }: MouseEvent, verdict: boolean): void => {
    // none: by the keyboard, whose focus does not move
    if (clicks === 0 || isSettled()) void answer(verdict);
  };
  return (
    <article class="question" aria-label={`Request to cancel: ${title}`}>
      <div class="row">
        <button type="button" class="link" onClick={() => desk.select(question.order_hash)}>
          {title}
        </button>
        <Countdown question={question} />
      </div>
      <p class="reason">
        Reason: <q>{question.reason}</q>
      </p>
      <label>
        <span>Words to the maker</span>
        <input
          type="text"
          value={words}
          maxLength={1_000}
          placeholder="optional"
          autocomplete="off"
          onInput={({ currentTarget }) => setWords(currentTarget.value)}
        />
      </label>
      <div class="answers">
        <button type="button" class="yes" disabled={isBusy} onClick={(event) => click(event, true)}>
          Yes, cancel it
        </button>
        <button type="button" class="no" disabled={isBusy} onClick={(event) => click(event, false)}>
          No, I am trading
        </button>
      </div>
      <p class="wrong" role="alert">
        {problem}
      </p>
    </article>
  );
}

/** By the service's clock. What is late can still be answered. */
function Countdown({ question: { expires_at } }: { question: Question }) {
  const whole = (installation.value?.cancellation_timeout_seconds ?? 60) * 1_000;
  const left = Math.min(whole, leftUntil(expires_at));
  if (left <= 0) return <span class="countdown late">time is over, an answer still counts</span>;
  return (
    <span class={left < whole / 4 ? 'countdown soon' : 'countdown'}>
      <span class="bar" aria-hidden="true">
        <span style={{ width: `${(left / whole) * 100}%` }} />
      </span>
      <span role="timer" aria-label="Time left to answer">
        {span(left)}
      </span>
    </span>
  );
}
