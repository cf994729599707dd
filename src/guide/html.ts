import { Marked } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';
import type { GuidePage } from './pages.js';

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
export function pageOf(title: string, body: string, pages: readonly GuidePage[], root: string): string {
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
    <a href="${root}../docs">Calls</a>
  </header>
  <ol id="found" aria-live="polite" hidden></ol>
  <div class="columns">
    <nav aria-label="Guide">${navigation(title, pages, root)}</nav>
    <main>${body}</main>
  </div>
</body>
</html>
`;
}

function navigation(title: string, pages: readonly GuidePage[], root: string): string {
  const groups = [...new Set(pages.map(({ group }) => group))];
  const link = (words: string, address: string): string =>
    `<li><a href="${root}${address}"${words === title ? ' aria-current="page"' : ''}>${escaped(words)}</a></li>`;
  const lists = groups.map((group) => {
    const links = pages.filter((page) => page.group === group).map((page) => link(page.title, page.name));
    return `<h2>${escaped(group)}</h2><ul>${links.join('')}</ul>`;
  });
  const generated = [link('Messages', 'messages'), link('Errors', '../docs/errors')].join('');
  return [...lists, `<h2>From the code</h2><ul>${generated}</ul>`].join('');
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

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
