import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { packageFolder } from '../installation/service-version.js';

/** A page of the guide as it stands in the repository. */
export interface GuidePage {
  /** In the address: `/guide/<name>`. */
  name: string;
  title: string;
  /** One sentence: what it is about. */
  summary: string;
  /** Under which heading it stands. */
  group: string;
  /** The file, from the repository's folder. */
  file: string;
  markdown: string;
}

export const INDEX_FILE = 'docs/README.md';
const GROUP = /^## (.+)$/;
const ENTRY = /^- \[(.+?)\]\(([^)#]+\.md)\): (.+)$/;

export const readDocument = (file: string): string => readFileSync(join(packageFolder, file), 'utf8');

/** An installation may come without its documents. */
export const hasGuide = (): boolean => existsSync(join(packageFolder, INDEX_FILE));

/** The pages in the order of docs/README.md, which alone says what belongs to the guide. */
export function guidePages(): GuidePage[] {
  const pages: GuidePage[] = [];
  let group = '';
  for (const line of readDocument(INDEX_FILE).split('\n')) {
    group = GROUP.exec(line)?.[1] ?? group;
    const [, title, target, summary] = ENTRY.exec(line) ?? [];
    if (!title || !target || !summary) continue;
    const file = posix.join(dirname(INDEX_FILE), target);
    pages.push({ name: nameOf(file), title, summary, group, file, markdown: readDocument(file) });
  }
  return pages;
}

/** A page is called by its file, or a read-me by its folder. */
function nameOf(file: string): string {
  const name = basename(file, '.md');
  return name === 'README' ? basename(dirname(file)) : name;
}
