import { AsyncLocalStorage } from 'node:async_hooks';

/** The HTTP call in which a change was made, if it was: the id under which its log lines are found. */
export interface InCall {
  http_request_id?: string;
}

const calls = new AsyncLocalStorage<string>();

/** Serves an HTTP call, so that the changes it makes carry its id. */
export function duringHttpCall(requestId: string, serve: () => void): void {
  calls.run(requestId, serve);
}

/** For an actor's description, in the call itself: what is done later on its behalf may run outside of it. */
export function inCall(): InCall {
  const http_request_id = calls.getStore();
  return http_request_id === undefined ? {} : { http_request_id };
}
