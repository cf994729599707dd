import { type Header, indented, PATIENCE_S, program, type SampledCall, sumOf } from './sampled-call.js';

/** Of Java 15 or newer, which has blocks of text. */
export function inJava({ operationId, method, path, headers, body }: SampledCall): string {
  return program(
    'import java.net.URI;',
    'import java.net.http.HttpClient;',
    'import java.net.http.HttpRequest;',
    'import java.net.http.HttpResponse;',
    'import java.time.Duration;',
    '',
    `class ${operationId[0]!.toUpperCase()}${operationId.slice(1)} {`,
    '    public static void main(String[] args) throws Exception {',
    `        var uri = URI.create(System.getenv("LOCKSTEP_URL") + "${path}");`,
    '        var request = HttpRequest.newBuilder(uri)',
    `            .${method}(${method === 'POST' ? publisher(body) : ''})`,
    ...headers.map(header),
    `            .timeout(Duration.ofSeconds(${PATIENCE_S}))`,
    '            .build();',
    '        var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());',
    '        if (response.statusCode() >= 300) throw new IllegalStateException(response.body());',
    '        System.out.println(response.body());',
    '    }',
    '}',
  );
}

function publisher(body: unknown): string {
  if (body === undefined) return 'HttpRequest.BodyPublishers.noBody()';
  const json = JSON.stringify(body, null, 2).replaceAll('\\', '\\\\');
  return `HttpRequest.BodyPublishers.ofString("""\n${indented(json, ' '.repeat(16))}""")`;
}

const header = (one: Header): string =>
  `            .header("${one.name}", ${sumOf(one, (variable) => `System.getenv("${variable}")`)})`;
