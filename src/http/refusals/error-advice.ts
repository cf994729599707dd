import type { ApiErrorName } from './api-errors.js';

/** What a person who meets an error wants to know, each as one or two sentences. */
export interface ErrorAdvice {
  happened: string;
  /** What the order is now. */
  order: string;
  todo: string;
  /** Whether the same call may be sent again. */
  again: string;
}

const UNCHANGED = 'As it was: a refused call changes nothing.';
const NOT_AS_IT_IS = 'Not as it is: it would be refused again.';
const NEW_SIGNATURE = 'Yes, signed anew: each signature works once.';
const AFTER_WAITING = 'Yes, after the seconds that `Retry-After` names.';

const ofTakersOrders = {
  TAKER_ADDRESS_NOT_ALLOWED: {
    happened: '`taker_address` is not an address of the taker whose key was sent.',
    order: UNCHANGED,
    todo: "Send one of the taker's own addresses. The operator adds further ones to it.",
    again: NOT_AS_IT_IS,
  },
  LOCKED_BY_ANOTHER_TAKER: {
    happened:
      'The order is locked, but not by this address. Another address of the same taker counts as another, too.',
    order: 'Locked by somebody else, who alone may end the lock.',
    todo: 'Leave it at that. If you had locked it yourself, your lock has run out, and the order was locked anew.',
    again: 'It changes nothing while the other lock lives.',
  },
  ORDER_NOT_FOUND: {
    happened: 'No order has this hash or id, or it is one that this caller may not see.',
    order: 'There is none, as far as this caller may know.',
    todo: 'Compare the hash with the one that the service answered or pushed. Makers see their own orders alone.',
    again: NOT_AS_IT_IS,
  },
  ORDER_NOT_LOCKED: {
    happened:
      'The call needs a lock, and the order has none. Most often the lock has run out or was given back.',
    order: 'The details name its status.',
    todo: 'Read the order. If it is `pending`, lock it again before you trade; if it is final, a trade that has begun must be undone elsewhere.',
    again: 'Only once you hold the lock again.',
  },
  NO_CANCELLATION_REQUESTED: {
    happened:
      'There is nothing to answer: the maker has not asked to cancel, or `request_id` names no request that was put to this address.',
    order: UNCHANGED,
    todo: 'Answer what was pushed, with its `request_id`. To give the order back without having been asked, unlock it.',
    again: 'Only after a `cancellation_request` has come.',
  },
  CANCELLATION_ALREADY_ANSWERED: {
    happened:
      'The request was resolved otherwise before: the details say with what verdict, by what and when.',
    order: 'The details name its status. The first verdict stands.',
    todo: 'Act by the recorded verdict: where it was yes, do not trade, or undo the trade; where it was no, go on and fill the order.',
    again: 'Not with this verdict. The recorded one may be sent as often as you like.',
  },
  ORDER_ALREADY_LOCKED: {
    happened: 'Somebody holds the lock of the order already.',
    order: 'Locked, by its holder.',
    todo: 'Take another order, or wait until this one is pending again: a push says so.',
    again: 'After the order is pending again.',
  },
  ORDER_FINAL: {
    happened: 'The order has ended. The details name its status.',
    order:
      '`filled`, `partially_filled`, `cancelled`, `expired` or `rejected`, which nothing changes any more.',
    todo: 'Read the order, and act by what has become of it.',
    again: NOT_AS_IT_IS,
  },
  QUANTITY_EXCEEDS_REMAINING: {
    happened: 'More was to be filled than the order has left. The details name the remaining quantity.',
    order: 'Locked, as before.',
    todo: 'Send the quantity that was traded for this order.',
    again: NOT_AS_IT_IS,
  },
  ORDER_EXPIRED: {
    happened: "The order's deadline has passed, so it can be neither locked nor filled.",
    order: '`expired`, or still locked until its lock ends.',
    todo: 'Give the lock back. Check the deadline before you trade.',
    again: NOT_AS_IT_IS,
  },
  ORDER_SUSPENDED: {
    happened: 'An operator looks into the order, or the service has found a contradiction in it.',
    order: 'Suspended: lock and open request are frozen as they were.',
    todo: 'Wait for the push that it is `locked` or `pending` again, and then send the call once more. Ask the operator if that takes long.',
    again: 'Yes, after it has been resumed.',
  },
} as const satisfies Partial<Record<ApiErrorName, ErrorAdvice>>;

const ofMakersOrders = {
  NONCE_ALREADY_USED: {
    happened:
      'The maker has placed an order with this nonce before, perhaps this very one, by a call whose answer was lost.',
    order: 'The details name the order that has the nonce.',
    todo: 'Read that order. If it is the one you meant, all is well; otherwise sign with another nonce.',
    again: NOT_AS_IT_IS,
  },
} as const satisfies Partial<Record<ApiErrorName, ErrorAdvice>>;

const ofForm = {
  INVALID_PARAMETER: {
    happened:
      'A field, a query parameter or a part of the path is not as it must be. The details name it and the rule.',
    order: UNCHANGED,
    todo: 'Correct what the details name. Unknown fields are refused as well, so that a misspelt one is never ignored.',
    again: NOT_AS_IT_IS,
  },
  MALFORMED_JSON: {
    happened: 'The body is no valid JSON in UTF-8.',
    order: UNCHANGED,
    todo: 'Look at what was sent: often it was cut, has a comma too many, or was never serialised.',
    again: NOT_AS_IT_IS,
  },
  BODY_TOO_LARGE: {
    happened: 'The body has more than 64 KiB.',
    order: UNCHANGED,
    todo: 'No call needs that much. Look for a field that has grown by mistake.',
    again: NOT_AS_IT_IS,
  },
  UNSUPPORTED_MEDIA_TYPE: {
    happened: 'The body was not announced as JSON.',
    order: UNCHANGED,
    todo: 'Send `Content-Type: application/json`.',
    again: NOT_AS_IT_IS,
  },
  ROUTE_NOT_FOUND: {
    happened: 'There is no call of this method and path, and no page of the guide.',
    order: UNCHANGED,
    todo: 'Compare both with the calls under `/reference/`, and pages with the list under `/guide/`: a slash at the end, or another case, is another path. A socket is opened with `ws://` or `wss://`.',
    again: NOT_AS_IT_IS,
  },
} as const satisfies Partial<Record<ApiErrorName, ErrorAdvice>>;

const ofSandbox = {
  SCENARIO_NOT_FOUND: {
    happened:
      'The sandbox has no scenario with this id. It keeps the last hundred, until it is started anew.',
    order: UNCHANGED,
    todo: 'Take the id that was answered when the scenario was started, or the list of scenarios.',
    again: NOT_AS_IT_IS,
  },
  NOT_CONFIRMED: {
    happened:
      'A report of a certification says something that the history of its orders contradicts. The details name the order.',
    order: UNCHANGED,
    todo: 'Send the report of a whole run against this very service, as `lockstep certify` wrote it.',
    again: NOT_AS_IT_IS,
  },
} as const satisfies Partial<Record<ApiErrorName, ErrorAdvice>>;

const ofKeys = {
  MISSING_HEADER: {
    happened: 'A header is missing: the key, or the time or signature of a call that must be signed.',
    order: UNCHANGED,
    todo: 'Send `X-API-Key`, and with a signature `X-API-Timestamp` and `X-API-Signature` too.',
    again: 'Yes, with the header.',
  },
  API_KEY_NOT_FOUND: {
    happened: 'No such key is known, or it was revoked.',
    order: UNCHANGED,
    todo: 'Ask the operator for a key. Do not try others: too many wrong ones from one address are refused for a while.',
    again: NOT_AS_IT_IS,
  },
  API_KEY_EXPIRED: {
    happened: 'The key had an end, by itself or by the grace of its rotation, and that has passed.',
    order: 'As it was. What you hold stays locked until its lock ends.',
    todo: 'Ask the operator for a new key. It reaches the same orders.',
    again: 'Yes, with a new key.',
  },
  SIGNATURE_INVALID: {
    happened: 'The signature is not that of the call as it arrived.',
    order: UNCHANGED,
    todo: 'Sign the very bytes that are sent: the raw query or body, the path that the service sees behind proxies, and the same timestamp as in the header.',
    again: NEW_SIGNATURE,
  },
  SIGNATURE_USED: {
    happened: 'A call with this very signature came before, and may have been done.',
    order: 'Perhaps as the first call wanted it.',
    todo: 'Sign anew and send again: calls that are on record already are answered the same, and count once.',
    again: NEW_SIGNATURE,
  },
  TIMESTAMP_EXPIRED: {
    happened:
      "`X-API-Timestamp` is no time in Unix milliseconds, or is more than 5 minutes from the service's.",
    order: UNCHANGED,
    todo: "Set the clock right, or take the difference from the answer's `Date`.",
    again: NEW_SIGNATURE,
  },
  IP_NOT_ALLOWED: {
    happened: 'The key may be used from certain addresses only, and this call came from another.',
    order: UNCHANGED,
    todo: 'Call from an allowed address, or have the operator add this one.',
    again: NOT_AS_IT_IS,
  },
  ACCOUNT_SUSPENDED: {
    happened: 'The operator has suspended the taker or maker.',
    order: 'As it was. What a taker holds stays its own.',
    todo: 'Speak to the operator. A suspended taker can still answer, fill, unlock and reject what it holds, and a suspended maker can cancel.',
    again: 'After the account has been resumed.',
  },
} as const satisfies Partial<Record<ApiErrorName, ErrorAdvice>>;

const LOGIN = { order: UNCHANGED, again: 'Yes, with a new message and signature.' };

const ofTokens = {
  TOKEN_EXPIRED: {
    happened: 'The token has reached its end, 24 hours after the login, or the wallet was logged out.',
    order: UNCHANGED,
    todo: 'Log in again.',
    again: 'Yes, with the new token.',
  },
  TOKEN_INVALID: {
    happened: 'There is no token, or not one that this installation gave out.',
    order: UNCHANGED,
    todo: 'Log in, and send the token as `Authorization: Bearer …`.',
    again: 'Yes, with a token.',
  },
  LOGIN_SIGNATURE: {
    ...LOGIN,
    happened: 'The signature is not that of the wallet over the message as it was sent.',
    todo: 'Have the wallet sign the message by `personal_sign` (EIP-191), and send exactly the text that was signed.',
  },
  LOGIN_FORMAT: {
    ...LOGIN,
    happened: 'A line of the message is missing or cannot be read. The details name it.',
    todo: 'Write the message in one of the two forms that the guide shows.',
  },
  LOGIN_TIMESTAMP: {
    ...LOGIN,
    happened: "The message's time is more than 5 minutes from the service's.",
    todo: 'Make a new message with the current time, and set the clock right.',
  },
  LOGIN_NONCE: {
    ...LOGIN,
    happened: 'The nonce of the message was used for a login before.',
    todo: 'Make a new message with a random nonce for each login.',
  },
  LOGIN_ADDRESS: {
    ...LOGIN,
    happened: 'The wallet address is none, or the message names another one.',
    todo: 'Send the same address in `wallet_address` and in the message.',
  },
  LOGIN_CHAIN: {
    ...LOGIN,
    happened: "`chain_id` or the message's chain is not this installation's.",
    todo: 'Take the chain id from `GET /api/v1/config`.',
  },
  ORIGIN_NOT_ALLOWED: {
    happened: 'A page of another site has made the call, and that site is not allowed to.',
    order: UNCHANGED,
    todo: "Have the operator add the page's origin to `ALLOWED_ORIGINS`.",
    again: NOT_AS_IT_IS,
  },
} as const satisfies Partial<Record<ApiErrorName, ErrorAdvice>>;

const ofService = {
  TOO_MANY_REQUESTS: {
    happened: 'A limit is reached: the details say which.',
    order: UNCHANGED,
    todo: 'Wait as long as the answer asks you to, and call less often.',
    again: AFTER_WAITING,
  },
  INTERNAL: {
    happened:
      'The service has met a fault of its own. The details have the id by which the operator finds it in the logs.',
    order: 'Perhaps changed, perhaps not: read it.',
    todo: 'Send the call again once; if it fails again, tell the operator the id.',
    again: 'Yes: what is on record already is answered the same, and counts once.',
  },
  UNAVAILABLE: {
    happened: 'The database is away, or the service is overloaded or stopping.',
    order: 'The details say when nothing was done; otherwise the call may have been done.',
    todo: 'Send the call again until it is answered. Do not take silence for a no.',
    again: AFTER_WAITING,
  },
} as const satisfies Partial<Record<ApiErrorName, ErrorAdvice>>;

export const ERROR_ADVICE: Record<ApiErrorName, ErrorAdvice> = {
  ...ofForm,
  ...ofTokens,
  ...ofKeys,
  ...ofTakersOrders,
  ...ofMakersOrders,
  ...ofSandbox,
  ...ofService,
};
