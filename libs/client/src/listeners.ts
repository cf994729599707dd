/** Is told something; may be asynchronous. What it throws is a problem, and stops nothing. */
export type Listener<T> = (data: T) => unknown;

/** Calls a listener. */
export function tell<T>(listener: Listener<T>, data: T, report: Listener<unknown>): void {
  const call = async (): Promise<unknown> => listener(data);
  call().catch(report);
}

/** A listener to messages that passes on what they tell. */
export function toData<T>(listener: Listener<T> | undefined): Listener<{ data: T }> | undefined {
  return listener && (({ data }) => listener(data));
}
