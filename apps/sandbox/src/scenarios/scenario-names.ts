/** What a scenario is called, and what its maker does; the taker's bot does what it thinks right. */
export const SCENARIOS = {
  'cancel-before-trade': 'asks to cancel as soon as the order is locked',
  'cancel-while-trading': 'asks to cancel some seconds after the lock, when the trade may be under way',
  'cancel-then-silence': 'asks to cancel once, and does not come back when that times out',
  'ask-again': 'asks to cancel, and asks again after a refusal or a time-out',
  burst: 'asks to cancel 50 orders at once',
  'fill-races-cancel': 'asks to cancel 5 orders at about the time at which the bot fills',
  'suspend-and-resume': 'asks to cancel an order that the operator has suspended and resumed',
} as const;

export type ScenarioName = keyof typeof SCENARIOS;
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as ScenarioName[];
