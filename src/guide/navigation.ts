import type { CallPage } from './call-page.js';
import type { GuidePage } from './pages.js';

/** A heading with its links: words, and the address from `/guide/`. */
export interface NavigationGroup {
  heading: string;
  links: [words: string, address: string][];
}

export const guideNavigation = (pages: readonly GuidePage[]): NavigationGroup[] => [
  ...grouped(pages, ({ title, name }) => [title, name]),
  {
    heading: 'From the code',
    links: [
      ['Calls', '../reference/'],
      ['Messages', 'messages'],
      ['Errors', '../docs/errors'],
    ],
  },
];

export const callNavigation = (calls: readonly CallPage[]): NavigationGroup[] =>
  grouped(calls, ({ title, name }) => [title, `../reference/${name}`]);

function grouped<T extends { group: string }>(
  pages: readonly T[],
  linkOf: (page: T) => NavigationGroup['links'][number],
): NavigationGroup[] {
  return [...new Set(pages.map(({ group }) => group))].map((heading) => ({
    heading,
    links: pages.filter(({ group }) => group === heading).map(linkOf),
  }));
}
