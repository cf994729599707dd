const BEARER = /^Bearer +(\S+)$/i;

/** The key or token in an Authorization header. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? '')?.[1];
}
