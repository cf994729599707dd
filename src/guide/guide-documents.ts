import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from '#config';
import type { OpenAPIObject } from '@nestjs/swagger';
import { packageFolder } from '../installation/service-version.js';
import { once } from '../operations/once.js';
import {
  type Document,
  document,
  JSON_TYPE,
  MARKDOWN_TYPE,
  SCRIPT_TYPE,
  STYLE_TYPE,
} from '../operations/document.js';
import { type CallPage, callPages } from './call-page.js';
import { errorIndex, errorPages } from './error-pages.js';
import { withValuesHere } from './here.js';
import { guidePage, rendered, sectionsOf } from './html.js';
import { withAddresses } from './links.js';
import { llmsText } from './llms.js';
import { messagePage } from './message-page.js';
import { guideNavigation, type NavigationGroup } from './navigation.js';
import { type GuidePage, guidePages, INDEX_FILE, readDocument } from './pages.js';

const TEXT_TYPE = 'text/plain; charset=utf-8';
const PICTURE = /^docs\/([\w-]+\.png)$/;
/** What can be had from the service as a file: see scripts/pack-clients.mjs. */
const CLIENTS = join(packageFolder, 'dist', 'clients');
const ARCHIVE = /gz$/;

type Documents = Record<string, Document>;

/** The guide under `/guide/`, a page for each error code under `/docs/errors/`, and `/llms.txt`; all but pictures as Markdown too. */
export function guideDocuments(settings: Settings, openApi: () => OpenAPIObject): Documents {
  const pages = guidePages();
  const navigation = guideNavigation(pages);
  return {
    ...pageDocuments(pages, navigation, settings, () => callPages(openApi())),
    ...errorDocuments(navigation),
    ...messageDocuments(navigation),
    ...fileDocuments(pages),
  };
}

function pageDocuments(
  pages: GuidePage[],
  navigation: NavigationGroup[],
  settings: Settings,
  calls: () => CallPage[],
): Documents {
  /** As it reads here: with this installation's values, and links whose addresses end so. */
  const textOf = ({ markdown, file }: Pick<GuidePage, 'markdown' | 'file'>, ending: string): string =>
    withAddresses(withValuesHere(markdown, settings), file, (target) => {
      if (target === INDEX_FILE) return ending ? `index${ending}` : '.';
      const page = pages.find((other) => other.file === target);
      if (page) return `${page.name}${ending}`;
      const name = basename(target);
      return clientFiles().includes(name) ? `clients/${name}` : PICTURE.exec(target)?.[1];
    });
  const index = { name: '', title: 'The guide', file: INDEX_FILE, markdown: readDocument(INDEX_FILE) };
  const served = [index, ...pages].map((page) => {
    const html = once(() => rendered(textOf(page, '')));
    return {
      ...page,
      html,
      documents: {
        [`/guide/${page.name}`]: guidePage(page.title, html, navigation, ''),
        [`/guide/${page.name || 'index'}.md`]: document(MARKDOWN_TYPE, () => textOf(page, '.md')),
      },
    };
  });
  const generated = () => [
    { name: 'messages', title: 'Messages', html: () => rendered(messagePage()) },
    ...errorPages().map(({ code, title, markdown }) => ({
      name: `../docs/errors/${code}`,
      title,
      html: () => rendered(markdown),
    })),
    // without their samples, which have the same words over and over
    ...calls().map(({ name, title, before, after }) => ({
      name: `../reference/${name}`,
      title,
      html: () => rendered(`${before('')}\n\n${after('')}`),
    })),
  ];
  const sections = () =>
    [...served, ...generated()].flatMap(({ name, title, html }) =>
      sectionsOf(html()).map((section, number) => ({
        id: `${name}/${number}`,
        page: name,
        of: title,
        ...section,
      })),
    );
  return {
    ...Object.assign({}, ...served.map((page) => page.documents)),
    '/guide/sections.json': document(JSON_TYPE, () => JSON.stringify(sections())),
    '/llms.txt': document(TEXT_TYPE, () => llmsText(pages)),
  };
}

function errorDocuments(navigation: NavigationGroup[]): Documents {
  const errors = errorPages();
  const page = (title: string, markdown: string, root: string) =>
    guidePage(title, () => rendered(markdown), navigation, root);
  const served: Documents = {
    '/docs/errors': page('Errors', errorIndex(errors), '../guide/'),
    '/docs/errors.md': document(MARKDOWN_TYPE, () => errorIndex(errors, '.md')),
  };
  for (const { code, title, markdown } of errors) {
    served[`/docs/errors/${code}`] = page(title, markdown, '../../guide/');
    served[`/docs/errors/${code}.md`] = document(MARKDOWN_TYPE, () => markdown);
  }
  return served;
}

function messageDocuments(navigation: NavigationGroup[]): Documents {
  return {
    '/guide/messages': guidePage('Messages', () => rendered(messagePage()), navigation, ''),
    '/guide/messages.md': document(MARKDOWN_TYPE, () => messagePage().replace('](push)', '](push.md)')),
  };
}

function fileDocuments(pages: GuidePage[]): Documents {
  const asset = (name: string) => readFileSync(new URL(`./assets/${name}`, import.meta.url));
  const pictures = pages.flatMap(({ markdown }) =>
    [...markdown.matchAll(/\]\(([\w-]+\.png)\)/g)].map(([, name]) => name!),
  );
  return {
    '/guide/guide.css': document(STYLE_TYPE, () => asset('guide.css')),
    '/guide/guide.js': document(SCRIPT_TYPE, () => asset('guide.js')),
    '/guide/minisearch.js': document(SCRIPT_TYPE, () =>
      readFileSync(fileURLToPath(import.meta.resolve('minisearch'))),
    ),
    ...clientDocuments(),
    ...Object.fromEntries(
      pictures.map((name) => [
        `/guide/${name}`,
        document('image/png', () => readFileSync(join(packageFolder, 'docs', name))),
      ]),
    ),
  };
}

/** What a developer with nothing but this service's address can install or start from, where it was built. */
const clientFiles = once(() => (existsSync(CLIENTS) ? readdirSync(CLIENTS) : []));

function clientDocuments(): Documents {
  return Object.fromEntries(
    clientFiles().map((name) => [
      `/guide/clients/${name}`,
      document(ARCHIVE.test(name) ? 'application/gzip' : TEXT_TYPE, () => readFileSync(join(CLIENTS, name))),
    ]),
  );
}
