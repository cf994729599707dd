/** A scheme of any kind, apps and extensions have their own, and an authority; no path, no wildcard. */
const ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/([^\s/?#@*,]+)$/i;
const DEFAULT_PORTS: Record<string, string> = { http: ':80', https: ':443' };

/** A web origin in its one spelling, lower-case and without a default port; undefined for what is none. */
export function originOf(text: string): string | undefined {
  const [, scheme, authority] = ORIGIN.exec(text) ?? [];
  if (!scheme || !authority) return undefined;
  return `${scheme.toLowerCase()}://${withoutDefaultPort(scheme.toLowerCase(), authority)}`;
}

/** Whether an origin is the very host that was called, as `Host` names it. */
export function isOriginOfHost(origin: string, host: string): boolean {
  const [scheme, authority] = (originOf(origin) ?? '').split('://');
  return !!scheme && authority === withoutDefaultPort(scheme, host);
}

function withoutDefaultPort(scheme: string, authority: string): string {
  const port = DEFAULT_PORTS[scheme];
  const lower = authority.toLowerCase();
  return port && lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
}
