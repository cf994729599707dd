import { type Header, indented, PATIENCE_S, program, type SampledCall, sumOf } from './sampled-call.js';

export function inPython({ method, path, headers, body }: SampledCall): string {
  return program(
    body !== undefined && 'import json',
    'import os',
    'from urllib.error import HTTPError',
    'from urllib.request import Request, urlopen',
    '',
    'request = Request(',
    `    os.environ["LOCKSTEP_URL"] + "${path}",`,
    `    method="${method}",`,
    headers.length > 0 && `    headers={\n${headers.map(entry).join('\n')}\n    },`,
    body !== undefined && `    data=json.dumps(${indented(literal(body), '    ').trimStart()}).encode(),`,
    ')',
    'try:',
    `    with urlopen(request, timeout=${PATIENCE_S}) as response:`,
    '        print(response.read().decode())',
    'except HTTPError as refusal:',
    '    raise SystemExit(refusal.read().decode())',
  );
}

const entry = (header: Header): string =>
  `        "${header.name}": ${sumOf(header, (variable) => `os.environ["${variable}"]`)},`;

const CONSTANTS: Record<string, string> = { true: 'True', false: 'False', null: 'None' };

/** No string of JSON ends with these words, but with its quote. */
const literal = (value: unknown): string =>
  JSON.stringify(value, null, 4).replaceAll(/(true|false|null)(?=,?$)/gm, (constant) => CONSTANTS[constant]!);
