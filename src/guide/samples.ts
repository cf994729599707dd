import type { CodeSample } from '../operations/code-samples/sampled-call.js';
import { escaped } from './html.js';

/** One at a time, by its language. */
export function samplesHtml(samples: readonly CodeSample[]): string {
  const choices = samples.map(
    ({ label }, index) =>
      `<label><input type="radio" name="language" value="${label}"${index === 0 ? ' checked' : ''}>${label}</label>`,
  );
  const blocks = samples.map(({ source }) => `<pre tabindex="0"><code>${escaped(source)}</code></pre>`);
  return `<fieldset class="samples"><legend>Language</legend>${choices.join('')}<button type="button" hidden>Copy</button>${blocks.join('')}</fieldset>`;
}

export const samplesMarkdown = (samples: readonly CodeSample[]): string =>
  samples
    .map(({ label, lang, source }) => `### ${label}\n\n\`\`\`${lang.toLowerCase()}\n${source}\`\`\``)
    .join('\n\n');
