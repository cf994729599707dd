import type { OpenAPIObject } from '@nestjs/swagger';
import { type Document, document, MARKDOWN_TYPE } from '../operations/document.js';
import { type CallPage, callPages } from './call-page.js';
import { guidePage, rendered } from './html.js';
import { callNavigation } from './navigation.js';
import { samplesHtml, samplesMarkdown } from './samples.js';

const ROOT = '../guide/';

/** The calls of the OpenAPI document under `/reference/`, a page each, with samples; all as Markdown too. */
export function referenceDocuments(openApi: OpenAPIObject): Record<string, Document> {
  const calls = callPages(openApi);
  const navigation = callNavigation(calls);
  const served: Record<string, Document> = {
    '/reference/': guidePage('Calls', () => rendered(indexOf(calls, '')), navigation, ROOT),
    '/reference/index.md': document(MARKDOWN_TYPE, () => indexOf(calls, '.md')),
  };
  for (const { name, title, before, samples, after } of calls) {
    const body = () => rendered(before('')) + samplesHtml(samples) + rendered(after(''));
    const markdown = () => [before('.md'), samplesMarkdown(samples), after('.md')].join('\n\n');
    served[`/reference/${name}`] = guidePage(title, body, navigation, ROOT);
    served[`/reference/${name}.md`] = document(MARKDOWN_TYPE, markdown);
  }
  return served;
}

function indexOf(calls: readonly CallPage[], ending: string): string {
  const groups = [...new Set(calls.map(({ group }) => group))].map((group) => {
    const rows = calls
      .filter((call) => call.group === group)
      .map(({ name, title, call }) => `- [${title}](${name}${ending}): \`${call}\``);
    return `## ${group}\n\n${rows.join('\n')}`;
  });
  return ['# Calls', aboutCalls(ending), ABOUT_SAMPLES, ...groups].join('\n\n');
}

const aboutCalls = (ending: string): string =>
  `What each call takes, answers and refuses. Before the first: [who calls](../guide/authentication${ending}) and [signing](../guide/signing${ending}); beside them: [the sockets](../guide/push${ending}). [Swagger UI](../docs) makes calls from here, and [openapi.json](../openapi.json) is the same for programs.`;

const ABOUT_SAMPLES =
  "Samples are whole programs, with nothing but the language itself: `bash lock.sh`, `node lock.mts` (Node 22.18 or newer), `python3 lock.py`, `java Lock.java` (15 or newer), `go run lock.go`. They read `LOCKSTEP_URL`, a taker's `LOCKSTEP_API_KEY` and a maker's `LOCKSTEP_TOKEN` (`lockstep login` prints one) from the environment.";
