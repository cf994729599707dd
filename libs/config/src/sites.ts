const DEFAULT_PORT = /:(?:80|443)$/;
const SITE = /^(?:[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/iu;

/** Whether a text names a site as browsers do in `location.host`: a host, and its port unless that is the default. */
export function isSite(text: string): boolean {
  return SITE.test(text);
}

/** A site as sites are compared: in lower case, without a default port. */
export function siteOf(text: string): string {
  return text.toLowerCase().replace(DEFAULT_PORT, '');
}
