import type { Desk } from '../model/desk.js';
import type { Lane, Step } from '../model/diagram.js';
import { clock, words } from './format.js';
import { CallView, Frame } from './inspector.js';
import { Opening } from './opening.js';

const NAMES: Record<Lane, string> = { maker: 'Maker', service: 'Lockstep', taker: 'Taker' };

/** The order's sequence diagram: three lanes, an arrow a call or push, each of which opens to show what went over the wire. */
export function Sequence({ desk, steps }: { desk: Desk; steps: Step[] }) {
  return (
    <div class="sequence">
      <div class="lanes" aria-hidden="true">
        {(['maker', 'service', 'taker'] as const).map((lane) => (
          <span key={lane} class={lane === desk.role ? 'lane own' : 'lane'}>
            {NAMES[lane]}
            {lane === desk.role && ' (you)'}
          </span>
        ))}
      </div>
      <ol aria-label="What happened, in order">
        {steps.map((step, index) => (
          <li key={step.key}>
            <StepRow desk={desk} step={step} isSameTime={steps[index - 1]?.at === step.at} />
          </li>
        ))}
      </ol>
      <p class="hint legend">
        <span>
          <span class="line" aria-hidden="true" /> call
        </span>
        <span>
          <span class="line dashed" aria-hidden="true" /> push
        </span>
        <span>Open a line to see what went over the wire.</span>
      </p>
    </div>
  );
}

function StepRow({ desk, step, isSameTime }: { desk: Desk; step: Step; isSameTime: boolean }) {
  const { from, to, at, title } = step;
  const isNote = from === to;
  const told = (
    <>
      <time class="mono" dateTime={at}>
        {!isSameTime && clock(at)}
      </time>
      <span class={`arrow ${isNote ? 'note' : `${from}-${to}`} ${step.isPush ? 'push' : ''}`}>
        <span class="unseen">{isNote ? `${NAMES[from]}: ` : `${NAMES[from]} to ${NAMES[to]}: `}</span>
        <span class="label">
          <b>{step.isPush ? words(title) : title}</b>
          {step.words && <bdi class="words"> {step.words}</bdi>}
        </span>
      </span>
    </>
  );
  if (!step.frame && !step.call) return <div class="step">{told}</div>;
  return (
    <Opening
      class="step-details"
      summary={<span class="step">{told}</span>}
      inside={() => (
        <>
          {step.frame && <Frame message={step.frame} />}
          {step.call && <CallView desk={desk} call={step.call} />}
        </>
      )}
    />
  );
}
