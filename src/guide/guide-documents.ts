import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SETTINGS, type Settings } from '#config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { packageFolder } from '../installation/service-version.js';
import { once } from '../operations/once.js';
import {
  type Document,
  document,
  JSON_TYPE,
  pageDocument,
  SCRIPT_TYPE,
  STYLE_TYPE,
} from '../operations/document.js';
import { errorIndex, errorPages } from './error-pages.js';
import { withValuesHere } from './here.js';
import { pageOf, rendered, sectionsOf } from './html.js';
import { withAddresses } from './links.js';
import { llmsText } from './llms.js';
import { messagePage } from './message-page.js';
import { type GuidePage, guidePages, INDEX_FILE, readDocument } from './pages.js';

const TEXT_TYPE = 'text/plain; charset=utf-8';
const MARKDOWN_TYPE = 'text/markdown; charset=utf-8';
/** The pages load their own files, and nothing else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const PICTURE = /^docs\/([\w-]+\.png)$/;

type Documents = Record<string, Document>;

/** The guide under `/guide/`, a page for each error code under `/docs/errors/`, and `/llms.txt`; all but pictures as Markdown too. */
export function guideDocuments(app: NestFastifyApplication): Documents {
  // an installation may come without its documents
  if (!existsSync(join(packageFolder, INDEX_FILE))) return {};
  const pages = guidePages();
  return {
    ...pageDocuments(pages, app.get<Settings>(SETTINGS)),
    ...errorDocuments(pages),
    ...messageDocuments(pages),
    ...fileDocuments(pages),
  };
}

function pageDocuments(pages: GuidePage[], settings: Settings): Documents {
  /** As it reads here: with this installation's values, and links whose addresses end so. */
  const textOf = ({ markdown, file }: Pick<GuidePage, 'markdown' | 'file'>, ending: string): string =>
    withAddresses(withValuesHere(markdown, settings), file, (target) => {
      if (target === INDEX_FILE) return ending ? `index${ending}` : '.';
      const page = pages.find((other) => other.file === target);
      return page ? `${page.name}${ending}` : PICTURE.exec(target)?.[1];
    });
  const index = { name: '', title: 'The guide', file: INDEX_FILE, markdown: readDocument(INDEX_FILE) };
  const served = [index, ...pages].map((page) => {
    const html = once(() => rendered(textOf(page, '')));
    return {
      ...page,
      html,
      documents: {
        [`/guide/${page.name}`]: pageDocument(PAGE_POLICY, () => pageOf(page.title, html(), pages, '')),
        [`/guide/${page.name || 'index'}.md`]: document(MARKDOWN_TYPE, () => textOf(page, '.md')),
      },
    };
  });
  const generated = [
    { name: 'messages', title: 'Messages', html: () => rendered(messagePage()) },
    ...errorPages().map(({ code, title, markdown }) => ({
      name: `../docs/errors/${code}`,
      title,
      html: () => rendered(markdown),
    })),
  ];
  const sections = () =>
    [...served, ...generated].flatMap(({ name, title, html }) =>
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

function errorDocuments(pages: GuidePage[]): Documents {
  const errors = errorPages();
  const page = (title: string, markdown: string, root: string) =>
    pageDocument(PAGE_POLICY, () => pageOf(title, rendered(markdown), pages, root));
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

function messageDocuments(pages: GuidePage[]): Documents {
  return {
    '/guide/messages': pageDocument(PAGE_POLICY, () =>
      pageOf('Messages', rendered(messagePage()), pages, ''),
    ),
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
    ...Object.fromEntries(
      pictures.map((name) => [
        `/guide/${name}`,
        document('image/png', () => readFileSync(join(packageFolder, 'docs', name))),
      ]),
    ),
  };
}
