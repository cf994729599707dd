import { PATIENCE_S, type SampledCall } from './sampled-call.js';

export function inCurl({ method, path, headers, body }: SampledCall): string {
  const options = [
    ...headers.map(({ name, words, variable }) => `-H "${name}: ${words}${variable ? `$${variable}` : ''}"`),
    ...(body === undefined ? [] : [`-d '${JSON.stringify(body, null, 2)}'`]),
  ];
  const start = `curl -sS --fail-with-body --max-time ${PATIENCE_S} ${method === 'GET' ? '' : `-X ${method} `}"$LOCKSTEP_URL${path}"`;
  return `${[start, ...options].join(' \\\n  ')}\n`;
}
