import { askedToCancel, type Cast, change, locked, placed, showCourse, standsAt, update } from './steps.js';

/** Everybody comes in: a taker with a key, a maker with a token, both with an open socket. */
export async function prologue({ operator, maker, taker, screen }: Cast): Promise<void> {
  screen.scene(
    'The operator lets a taker in',
    "Takers are brokers or custodians. They call with an API key that the operator's tool issues.",
  );
  const { apiKey } = await operator.admitTaker(taker.address);

  screen.scene(
    'The maker logs in',
    'There is no password: a fresh wallet signs a short message, and the service answers with a token.',
  );
  await maker.logIn();

  screen.scene('Both open a socket', 'What happens to an order is pushed at once to those whom it concerns.');
  await maker.listen();
  await taker.listen(apiKey);
}

/** The taker gives the order up: it is cancelled. */
export async function actOfConsent(cast: Cast): Promise<void> {
  const { maker, taker, screen } = cast;
  screen.act('ACT ONE: the taker lets go');
  const wish = { is_buy: true, ticker: 'AAPL', quantity: '100', price: '182500000000000000000', nonce: 0 };
  const order = await placed(
    cast,
    wish,
    'The maker places an order',
    'buy 100 AAPL at 182.50, written with 18 decimals',
  );
  await locked(cast, order);
  const { requestId } = await askedToCancel(
    cast,
    order,
    'A taker holds the order, so the answer is 202: asked for, not done. The question goes to the ' +
      'taker, and until it answers the order stays as it is.',
  );

  screen.scene(
    'The taker agrees',
    'It has not traded yet, so it answers true: the order is released and cancelled.',
  );
  await taker.decide({ cancel: true, message: 'Not traded yet, cancelled' });
  const accepted = { request_id: requestId, status: 'accepted', resolved_by: 'answer' };
  await maker.mail.hear(order.order_hash, update(accepted), change('locked', 'cancelled'));
  await taker.mail.hear(order.order_hash, change('locked', 'cancelled'));

  screen.scene(
    'How it ended',
    'The order is cancelled for good, by the consent of the one who could have traded it.',
  );
  await standsAt(cast, order, 'cancelled');
  showCourse(cast, order);
}

/** The taker keeps the order; later it gives it back, and the maker cancels what nobody holds. */
export async function actOfRefusal(cast: Cast): Promise<void> {
  const { maker, taker, screen } = cast;
  screen.act('ACT TWO: the taker holds on');
  const wish = { is_buy: false, ticker: 'NVDA', quantity: '45', price: '141250000000000000000', nonce: 1 };
  const order = await placed(cast, wish, 'The maker places another order', 'sell 45 NVDA at 141.25');
  await locked(cast, order);
  const { requestId } = await askedToCancel(
    cast,
    order,
    'The same question as before; this time the taker is trading.',
  );

  screen.scene(
    'The taker refuses',
    'The trade is under way, so it answers false. The maker is told why, and may ask again later.',
  );
  const message = 'Already trading, please wait for the fill';
  await taker.decide({ cancel: false, message });
  const rejected = { request_id: requestId, status: 'rejected', resolved_by: 'answer', message };
  await maker.mail.hear(order.order_hash, update(rejected));

  screen.scene('Nothing has changed', "The order is still locked, and the taker's to trade.");
  await standsAt(cast, order, 'locked');

  screen.scene(
    'The taker gives the order back',
    'Say the trade comes to nothing. No question is open, so the unlocked order is pending again.',
  );
  await taker.unlock(order);
  await maker.mail.hear(order.order_hash, change('locked', 'pending'));
  await taker.mail.hear(order.order_hash, change('locked', 'pending'));

  screen.scene(
    'The maker cancels alone',
    'Nobody holds the order now, so nobody is asked: 200, cancelled at once.',
  );
  await maker.cancel(order);
  await maker.mail.hear(order.order_hash, change('pending', 'cancelled'));
  await standsAt(cast, order, 'cancelled');
  showCourse(cast, order);
}

/** The taker says nothing in time: the order stays locked, and a late answer counts. */
export async function actOfSilence(cast: Cast): Promise<void> {
  const { maker, taker, screen } = cast;
  screen.act('ACT THREE: the taker is silent');
  const wish = { is_buy: true, ticker: 'MSFT', quantity: '25', price: '415500000000000000000', nonce: 2 };
  const order = await placed(cast, wish, 'The maker places a third order', 'buy 25 MSFT at 415.50');
  await locked(cast, order);
  const { requestId, expiresAt } = await askedToCancel(
    cast,
    order,
    'The same question once more; this time nobody answers.',
  );

  const seconds = Math.max(0, Math.round((expiresAt.getTime() - Date.now()) / 1000));
  screen.scene(
    'Silence',
    `The taker has ${seconds} s. Then the request has timed out, and that is all: silence cancels nothing, because the ` +
      'taker may be trading.',
  );
  const timedOut = update({ request_id: requestId, status: 'timed_out' });
  await maker.mail.hearUntil(expiresAt, order.order_hash, timedOut);
  await standsAt(cast, order, 'locked');

  screen.scene(
    'The taker answers late',
    'It has not traded after all. A late answer counts like any other: the order is cancelled.',
  );
  await taker.decide({ cancel: true, message: 'Sorry, not traded' });
  const accepted = { request_id: requestId, status: 'accepted', resolved_by: 'answer', late: true };
  await maker.mail.hear(order.order_hash, update(accepted), change('locked', 'cancelled'));
  await taker.mail.hear(order.order_hash, change('locked', 'cancelled'));
  await standsAt(cast, order, 'cancelled');
  showCourse(cast, order);
}
