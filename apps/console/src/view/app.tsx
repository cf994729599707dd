import { useEffect } from 'preact/hooks';
import type { Desk } from '../model/desk.js';
import { installation } from '../model/installation.js';
import { desk } from '../model/session.js';
import { Header } from './header.js';
import { Messages } from './messages.js';
import { Offer } from './offer.js';
import { OrderList } from './order-list.js';
import { OrderView } from './order-view.js';
import { Questions } from './questions.js';
import { Scenarios } from './scenarios.js';
import { SignIn } from './sign-in.js';

export function App() {
  const { value } = desk;
  return value ? <DeskView key={value} desk={value} /> : <SignIn />;
}

function DeskView({ desk: mine }: { desk: Desk }) {
  const open = mine.open.value.length;
  useEffect(() => {
    document.title = open > 0 ? `(${open}) Lockstep console` : 'Lockstep console';
  }, [open]);
  const canPlay = installation.value?.sandbox && mine.role === 'taker';
  return (
    <>
      <Header desk={mine} />
      <Offer />
      <main class="desk">
        <Questions desk={mine} />
        <div class="side">
          {canPlay && <Scenarios desk={mine} />}
          <OrderList desk={mine} />
        </div>
        <OrderView desk={mine} />
        <Messages desk={mine} />
        <p class="unseen" role="status">
          {mine.said}
        </p>
      </main>
    </>
  );
}
