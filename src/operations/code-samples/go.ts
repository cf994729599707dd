import { type Header, PATIENCE_S, program, type SampledCall, sumOf } from './sampled-call.js';

export function inGo({ method, path, headers, body }: SampledCall): string {
  const packages = ['fmt', 'io', 'log', 'net/http', 'os', ...(body === undefined ? [] : ['strings']), 'time'];
  return program(
    'package main',
    '',
    `import (\n${packages.map((name) => `\t"${name}"`).join('\n')}\n)`,
    '',
    'func main() {',
    body !== undefined && `\tbody := strings.NewReader(\`${JSON.stringify(body, null, 2)}\`)`,
    `\trequest, err := http.NewRequest("${method}", os.Getenv("LOCKSTEP_URL")+"${path}", ${body === undefined ? 'nil' : 'body'})`,
    CHECK,
    ...headers.map(header),
    `\tclient := http.Client{Timeout: ${PATIENCE_S} * time.Second}`,
    '\tresponse, err := client.Do(request)',
    CHECK,
    '\tdefer response.Body.Close()',
    '\tanswer, err := io.ReadAll(response.Body)',
    CHECK,
    '\tif response.StatusCode >= 300 {\n\t\tlog.Fatal(string(answer))\n\t}',
    '\tfmt.Println(string(answer))',
    '}',
  );
}

const CHECK = '\tif err != nil {\n\t\tlog.Fatal(err)\n\t}';

const header = (one: Header): string =>
  `\trequest.Header.Set("${one.name}", ${sumOf(one, (variable) => `os.Getenv("${variable}")`).replace(' + ', '+')})`;
