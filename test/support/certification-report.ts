import type { CertificationReport, RuleResult, TranscriptEntry } from '../../libs/cli/src/index.js';

/** Reports as the runner makes them, and as nobody should. */
const START_MS = Date.parse('2026-11-28T12:00:00.000Z');
export const ORDER = `0x${'ab'.repeat(32)}`;

/** What a bot or a service might say to break a report that shows it. */
export const HOSTILE = [
  `]]><script>document.title = 'taken'</script>`,
  `"' onload='document.title="taken"' x="`,
  '</details></main><img src="http://127.0.0.1:9/x" onerror="document.title=1">',
  '<!-- -- > <![CDATA[ &amp; &#0; &nope; %s',
  `lone \ud800 and \udfff, NUL \u0000, escape \u001b[31m, bell \u0007, right to left \u202e, no sign \uffff`,
  'x'.repeat(300_000),
];

export function entry(index: number, rest: Partial<TranscriptEntry> = {}): TranscriptEntry {
  const at = new Date(START_MS + index * 137).toISOString();
  return {
    at,
    from: 'service',
    to: 'runner',
    label: 'cancellation_request',
    fault: false,
    order: ORDER,
    body: null,
    ...rest,
  };
}

/** An order is placed and locked; the answer to the maker's request is lost once and comes again. */
export const handshake: TranscriptEntry[] = [
  entry(0, {
    from: 'maker',
    to: 'service',
    label: 'POST /api/v1/orders',
    body: '{"ticker":"AAPL","quantity":"111"}',
  }),
  entry(1, { label: 'order_status_change' }),
  entry(2, { from: 'runner', to: 'bot', label: 'order_status_change' }),
  entry(3, {
    from: 'bot',
    to: 'runner',
    label: 'POST /api/v1/orders/lock',
    body: `{"order_hash":"${ORDER}"}`,
  }),
  entry(4, { from: 'runner', to: 'service', label: 'POST /api/v1/orders/lock' }),
  entry(5, { from: 'service', to: 'bot', label: '200', body: '{"code":0,"data":{"success":true}}' }),
  entry(6, { from: 'maker', to: 'service', label: 'POST /api/v1/orders/{order_id}/cancel' }),
  entry(7, { from: 'service', to: 'bot', label: 'cancellation_request' }),
  entry(8, {
    from: 'bot',
    to: 'service',
    label: 'POST /api/v1/orders/cancel-result',
    body: '{"cancellation_success":true}',
  }),
  entry(9, { from: 'runner', to: 'bot', label: 'reply lost, socket cut', fault: true }),
  entry(10, { from: 'bot', to: 'bot', label: 'waits 1 s', order: null }),
  entry(11, {
    from: 'bot',
    to: 'service',
    label: 'POST /api/v1/orders/cancel-result',
    body: '{"cancellation_success":true}',
  }),
  entry(12, { from: 'runner', to: 'runner', label: 'clock set 4 minutes ahead', fault: true, order: null }),
  entry(13, { from: 'service', to: 'maker', label: 'cancellation_update', body: '{"status":"accepted"}' }),
];

export function rule(rest: Partial<RuleResult> = {}): RuleResult {
  return {
    name: 'answers-once',
    group: 'answers',
    rule: 'It answers each request once.',
    verdict: 'pass',
    reason: 'Both requests were answered once, within 0.4 s.',
    transcript: handshake,
    ...rest,
  };
}

export function reportOf(
  rules: RuleResult[],
  verdict: CertificationReport['verdict'] = 'fail',
): CertificationReport {
  return {
    version: 1,
    service: 'http://127.0.0.1:3000',
    contractVersion: '1.2.0',
    taker: '0x71c7656ec7ab88b098defb751b7401b5f6d8976f',
    startedAt: new Date(START_MS).toISOString(),
    endedAt: new Date(START_MS + 95_400).toISOString(),
    verdict,
    rules,
  };
}

/** One rule of each verdict, and some more. */
export const mixedReport = reportOf([
  rule(),
  rule({
    name: 'same-verdict-again',
    rule: 'Asked again, it gives the same verdict.',
    verdict: 'fail',
    reason: 'It said yes to the first request, and no when it was asked again 2.1 s later.',
  }),
  rule({
    name: 'lost-reply',
    group: 'lost messages',
    rule: 'When the reply to its answer is lost after the service recorded it, it asks again and does not change its mind.',
  }),
  rule({
    name: 'resync',
    group: 'sockets',
    rule: 'After a resync it reads the lists of its orders.',
    verdict: 'not shown',
    reason: 'No resync came about within 60 s.',
    transcript: [],
  }),
]);

/** Everything that comes from outside is hostile, and more than anybody expects. */
export const hostileReport = {
  ...reportOf(
    HOSTILE.map((text) =>
      rule({
        name: text,
        rule: text,
        reason: text,
        verdict: 'fail',
        transcript: [
          entry(0, { label: text, body: text, order: text }),
          entry(1, {
            at: text,
            from: 'bot',
            to: 'bot',
            label: text,
            fault: true,
            body: `${text}\r\n\t${text}`,
          }),
        ],
      }),
    ),
  ),
  service: HOSTILE.join(' ').slice(0, 1_000),
  taker: HOSTILE[0]!,
  contractVersion: HOSTILE[1]!,
  startedAt: HOSTILE[0]!,
};

export const longReport = reportOf([
  rule({
    name: 'many-questions',
    group: 'load',
    verdict: 'fail',
    transcript: Array.from({ length: 200 }, (_, index) =>
      entry(
        index,
        index % 2 ? { from: 'bot', to: 'service', label: 'POST /api/v1/orders/cancel-result' } : {},
      ),
    ),
  }),
]);

export const emptyReport = reportOf([], 'incomplete');
