import { once } from 'node:events';
import { connect } from 'node:net';

/** An answer as it stands on the wire. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests compare answers literally
  body: any;
  text: string;
}

/** Sends bytes as no client library would, and reads what comes back until the connection ends. */
export async function rawCall(url: string, bytes: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.on('error', () => {});
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return read(Buffer.concat(chunks).toString('utf8'));
}

function read(answer: string): RawAnswer {
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Headers(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const text = rest.join('\r\n\r\n');
  // others may follow on the same connection
  const own = Buffer.from(text)
    .subarray(0, Number(headers.get('content-length')))
    .toString();
  const isJson = headers.get('content-type')?.startsWith('application/json') && own !== '';
  const body = isJson ? JSON.parse(own) : own;
  return { status: Number(first.split(' ')[1]), headers, body, text };
}
