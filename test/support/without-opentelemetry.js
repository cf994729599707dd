import { register } from 'node:module';

/** For `node --import`: a program under it ends when it loads anything of OpenTelemetry. */
const HOOK = `export function resolve(specifier, context, next) {
  if (specifier.startsWith('@opentelemetry/')) throw new Error('OpenTelemetry is loaded: ' + specifier);
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(HOOK)}`);
