import { type Header, indented, PATIENCE_S, program, type SampledCall } from './sampled-call.js';

export function inTypeScript({ method, path, headers, body }: SampledCall): string {
  return program(
    `const response = await fetch(\`\${process.env.LOCKSTEP_URL}${path}\`, {`,
    `  method: "${method}",`,
    headers.length > 0 && `  headers: {\n${headers.map(field).join('\n')}\n  },`,
    body !== undefined && `  body: JSON.stringify(${indented(literal(body), '  ').trimStart()}),`,
    `  signal: AbortSignal.timeout(${PATIENCE_S}_000),`,
    '});',
    'const answer = await response.text();',
    'if (!response.ok) throw new Error(answer);',
    'console.log(answer);',
  );
}

const field = ({ name, words, variable }: Header): string => {
  const key = name.includes('-') ? `"${name}"` : name;
  if (!variable) return `    ${key}: "${words}",`;
  return `    ${key}: ${words ? `\`${words}\${process.env.${variable}}\`` : `process.env.${variable}!`},`;
};

const literal = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(/^( *)"(\w+)":/gm, '$1$2:');
