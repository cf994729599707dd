import { dirname, posix } from 'node:path';

const LINK = /(!?)\[([^\]]+)\]\(([^)\s]+)\)/g;
const ELSEWHERE = /^(#|[a-z]+:)/;

/**
 * A page's links as they hold among the guide's addresses. `addressOf` gives the address of a file of the repository;
 * where there is none, the words stay without a link.
 */
export function withAddresses(
  markdown: string,
  file: string,
  addressOf: (file: string) => string | undefined,
): string {
  return markdown.replaceAll(LINK, (link, picture: string, words: string, target: string) => {
    if (ELSEWHERE.test(target)) return link;
    const [path = '', hash] = target.split('#');
    const address = addressOf(posix.join(dirname(file), path));
    if (address === undefined) return words;
    return `${picture}[${words}](${address}${hash === undefined ? '' : `#${hash}`})`;
  });
}
