/** What is served beside the API, as it is: made when it is first asked for, and kept. */
export interface Document {
  headers: Record<string, string>;
  bytes: () => Buffer;
}
