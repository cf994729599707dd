/** How every success is answered. */
export interface Success<T> {
  code: 0;
  data: T;
}

export function success<T>(data: T): Success<T> {
  return { code: 0, data };
}
