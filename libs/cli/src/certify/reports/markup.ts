import { bodyText, oneLine } from './text.js';

const NAMES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => NAMES[sign]!);

/** What others wrote, on one line, between tags or within the quotes of an attribute: of HTML, SVG and XML. */
export const line = (text: string, max?: number): string => escaped(oneLine(text, max));

/** The same of a body, with its lines. */
export const block = (text: string): string => escaped(bodyText(text));
