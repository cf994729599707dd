import type { GuidePage } from './pages.js';

/** The table of contents for programs that read prose, in the form of llmstxt.org; links are relative to `/llms.txt`. */
export function llmsText(pages: readonly GuidePage[]): string {
  const groups = [...new Set(pages.map(({ group }) => group))];
  const lists = groups.map((group) => {
    const links = pages
      .filter((page) => page.group === group)
      .map(({ title, name, summary }) => `- [${title}](guide/${name}.md): ${summary}`);
    return `## ${group}\n\n${links.join('\n')}`;
  });
  const documents = `## Documents

- [OpenAPI](openapi.json): every call, field by field.
- [Calls](reference/index.md): the same as prose, with samples in five languages.
- [AsyncAPI](asyncapi.json): every message of the sockets.
- [Messages](guide/messages.md): the same as prose.
- [Errors](docs/errors.md): every code, and what to do.`;
  return `# Lockstep

> The order-lock and cancellation service of request-for-quote trading desks. Makers sign orders; takers lock, trade and fill them, and answer when a maker asks to cancel what they hold.

${[documents, ...lists].join('\n\n')}
`;
}
