import { useEffect, useState } from 'preact/hooks';
import type { Desk } from '../model/desk.js';
import { type Run, Sandbox, SCENARIOS } from '../model/scenarios.js';
import { clock, short, words } from './format.js';

/** Of a run, the newest: a burst has hundreds. */
const SHOWN_STEPS = 20;

/** Plays a maker towards the taker that is signed in, where the installation is a sandbox. */
export function Scenarios({ desk }: { desk: Desk }) {
  const [sandbox, setSandbox] = useState<Sandbox | undefined>(undefined);
  const [name, setName] = useState(Object.keys(SCENARIOS)[0]!);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    const mine = new Sandbox(desk.api, (hash) => desk.select(hash));
    setSandbox(mine);
    return () => mine.stop();
  }, [desk]);
  const { value: address } = desk.takerAddress;
  const start = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const given = new FormData(event.target as HTMLFormElement).get('taker_address');
    await sandbox?.start(name, String(given ?? '').trim() || address!);
    setBusy(false);
  };
  return (
    <section class="scenarios" aria-labelledby="scenarios">
      <h2 id="scenarios">Play a scenario</h2>
      <form onSubmit={(event) => void start(event)}>
        <label>
          <span class="unseen">Scenario</span>
          <select value={name} onChange={({ currentTarget }) => setName(currentTarget.value)}>
            {Object.keys(SCENARIOS).map((each) => (
              <option key={each} value={each}>
                {words(each)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="main" disabled={isBusy}>
          Start
        </button>
        <p class="hint">{SCENARIOS[name]}</p>
        <details open={!address}>
          <summary>With which taker</summary>
          <label>
            <span>Taker’s address</span>
            <input
              name="taker_address"
              type="text"
              class="mono"
              required={!address}
              placeholder={address}
              pattern="\s*0x[0-9a-fA-F]{40}\s*"
              title="0x and 40 hex digits"
              autocomplete="off"
              spellcheck={false}
            />
          </label>
          {!address && <p class="hint">A key does not tell it.</p>}
        </details>
      </form>
      <p class="wrong" role="alert">
        {sandbox?.trouble}
      </p>
      <ul class="runs">
        {sandbox?.runs.value.map((run, index) => (
          <li key={run.id}>
            <RunView desk={desk} sandbox={sandbox} run={run} isNewest={index === 0} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface RunViewProps {
  desk: Desk;
  sandbox: Sandbox;
  run: Run;
  isNewest: boolean;
}

function RunView({ desk, sandbox, run, isNewest }: RunViewProps) {
  const steps = sandbox.steps.value.get(run.id);
  const look = ({ currentTarget }: { currentTarget: HTMLDetailsElement }): void => {
    if (currentTarget.open && !steps) void sandbox.look(run.id);
  };
  return (
    <details class="run" open={isNewest} onToggle={look}>
      <summary>
        {words(run.name)} <span class={`status ${run.status}`}>{run.status}</span>
      </summary>
      <ol>
        {steps?.slice(-SHOWN_STEPS).map(({ at, text, order_hash: hash }, index) => (
          <li key={index}>
            <time class="thin mono">{clock(at).slice(0, 8)}</time> <bdi>{text}</bdi>{' '}
            {hash && (
              <button type="button" class="link mono" onClick={() => desk.select(hash)}>
                {short(hash)}
              </button>
            )}
          </li>
        ))}
      </ol>
    </details>
  );
}
