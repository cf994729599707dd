import { Marked } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';
import { type Document, pageDocument } from '../operations/document.js';
import type { NavigationGroup } from './navigation.js';

/** The pages load their own files, and nothing else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const SECTION = /<h[1-4] id="([^"]*)">(.*?)<\/h[1-4]>/;

/** A part of a page that a search can find. */
export interface Section {
  /** Of its heading, for the address. */
  anchor: string;
  title: string;
  text: string;
}

/** Markdown of the repository as HTML; headings have the anchors that GitHub gives them. */
export function rendered(markdown: string): string {
  const html = new Marked(gfmHeadingId()).parse(markdown, { async: false });
  // what is too wide scrolls by itself, with the keyboard too
  return html
    .replaceAll('<table>', '<div class="table" tabindex="0"><table>')
    .replaceAll('<pre>', '<pre tabindex="0">')
    .replaceAll('</table>', '</table></div>');
}

export function sectionsOf(html: string): Section[] {
  const parts = html.split(SECTION).slice(1);
  const sections: Section[] = [];
  for (let i = 0; i < parts.length; i += 3) {
    const [anchor = '', title = '', text = ''] = parts.slice(i, i + 3);
    sections.push({ anchor, title: textIn(title), text: textIn(text) });
  }
  return sections;
}

/** A whole page. `root` leads from its address to `/guide/`. */
export const guidePage = (
  title: string,
  body: () => string,
  navigation: NavigationGroup[],
  root: string,
): Document => pageDocument(PAGE_POLICY, () => pageOf(title, body(), navigation, root));

function pageOf(title: string, body: string, navigation: NavigationGroup[], root: string): string {
  return `<!DOCTYPE html>
<html lang="en" data-root="${root}">
<head>
  <meta charset="UTF-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${escaped(title)} · Lockstep</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="${root}guide.css">
  <script type="module" src="${root}guide.js"></script>
</head>
<body>
  <header>
    <a class="home" href="${root}.">Lockstep</a>
    <form role="search"><label for="search">Search the guide</label><input id="search" type="search" autocomplete="off" maxlength="100"></form>
    <a href="${root}../reference/">Calls</a>
    <a href="${root}../docs">Swagger UI</a>
  </header>
  <ol id="found" aria-live="polite" hidden></ol>
  <div class="columns">
    <nav aria-label="Guide">${navigation.map((group) => listOf(group, title, root)).join('')}</nav>
    <main>${body}</main>
  </div>
</body>
</html>
`;
}

function listOf({ heading, links }: NavigationGroup, current: string, root: string): string {
  const items = links.map(
    ([words, address]) =>
      `<li><a href="${root}${address}"${words === current ? ' aria-current="page"' : ''}>${escaped(words)}</a></li>`,
  );
  return `<h2>${escaped(heading)}</h2><ul>${items.join('')}</ul>`;
}

const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

const textIn = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&(amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity]!)
    .replaceAll(/\s+/g, ' ')
    .trim();

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
