import { styleText } from 'node:util';
import { filled, shorten, shortJson } from './short-json.js';

const MAX_WIDTH = 100;
const MARGIN = '  ';
/** Who acts stands in a column of its own, the arrow in the next. */
const ACTOR_COLUMNS = 10;
const ARROW_COLUMNS = 3;
const TEXT_STARTS = MARGIN.length + ACTOR_COLUMNS + ARROW_COLUMNS;
const GAP = 2;
const BRACE_COLUMNS = 2;

export type Actor = 'OPERATOR' | 'MAKER' | 'TAKER';
type Style = Parameters<typeof styleText>[0];

const ACTOR_STYLES: Record<Actor, Style> = {
  OPERATOR: ['bold', 'yellow'],
  MAKER: ['bold', 'cyan'],
  TAKER: ['bold', 'magenta'],
};

/** One thing that happens: who does it, which way, what it is called, and what it carries. */
interface Happening {
  actor?: Actor;
  arrow: '→' | '←' | '⇐' | '$' | ' ';
  head: string;
  style?: Style;
  body?: unknown;
  /** The fields of the body that matter; all, when left out. */
  shown?: string[] | undefined;
}

/** What the audience sees: headlines, sentences, and every call, answer and push. */
export class Screen {
  calls = 0;
  pushes = 0;
  private scenes = 0;
  private readonly width = Math.min(process.stdout.columns || MAX_WIDTH, MAX_WIDTH);

  title(headline: string, sentences: string): void {
    this.print('', MARGIN + styled('bold', headline), ...this.paragraph(sentences));
  }

  /** How to read what follows. */
  legend(): void {
    this.print('', `${MARGIN}→ a call     ← its answer     ⇐ a push on an open socket`);
    this.note(
      'Only the fields that matter are shown. Answers come without their envelope {"code":0,"data":…}, and hashes, ' +
        'signatures, tokens and keys are cut with a "…".',
    );
  }

  act(headline: string): void {
    const rule = '━'.repeat(Math.max(3, this.width - MARGIN.length - headline.length - 4));
    this.print('', '', MARGIN + styled('bold', `━━ ${headline} ${rule}`));
  }

  scene(headline: string, sentences: string): void {
    this.scenes += 1;
    this.print('', MARGIN + styled('bold', `${this.scenes}. ${headline}`), ...this.paragraph(sentences), '');
  }

  /** A remark of the narrator's. */
  note(text: string): void {
    this.print(...this.paragraph(text));
  }

  call(actor: Actor, target: string, body?: unknown, shown?: string[]): void {
    this.calls += 1;
    this.happens({ actor, arrow: '→', head: shorten(target), body, shown });
  }

  answer(status: number, body?: unknown, shown?: string[]): void {
    const style: Style = ['bold', status < 400 ? 'green' : 'red'];
    this.happens({ arrow: '←', head: String(status), style, body, shown });
  }

  /** The answer to the opening of a socket. */
  opened(): void {
    this.happens({ arrow: '←', head: '101  the socket is open', style: 'green' });
  }

  /** A text that an actor signs. */
  signs(actor: Actor, text: string): void {
    this.happens({ actor, arrow: ' ', head: 'signs' });
    this.print(...text.split('\n').map((line) => `${' '.repeat(TEXT_STARTS)}│ ${shorten(line)}`));
  }

  push(actor: Actor, type: string, body: unknown, shown?: string[]): void {
    this.pushes += 1;
    this.happens({ actor, arrow: '⇐', head: type, style: 'yellow', body, shown });
  }

  /** A command at the operator's prompt and what it prints. */
  command(command: string, output: unknown, shown?: string[]): void {
    this.happens({ actor: 'OPERATOR', arrow: '$', head: shorten(command) });
    this.happens({ arrow: '←', head: '', body: output, shown });
  }

  /** How things went, each from state to state. */
  courses(courses: Record<string, string[]>): void {
    this.print('');
    for (const [what, states] of Object.entries(courses)) {
      const path = states.map((state) => styled('bold', state)).join(' → ');
      this.print(`${MARGIN}${what.padEnd(ACTOR_COLUMNS)}${path}`);
    }
  }

  end(sentence: string): void {
    const [first, ...rest] = this.paragraph(`✓ ${sentence}`);
    this.print('', '', first!.replace('✓', styled(['bold', 'green'], '✓')), ...rest, '');
  }

  /** What is carried stands beside its head when there is room, else below; beside an answer it always does. */
  private happens({ actor, arrow, head, style, body, shown }: Happening): void {
    const name = actor ? styled(ACTOR_STYLES[actor], actor) : '';
    const blanks = ' '.repeat(ACTOR_COLUMNS - (actor?.length ?? 0));
    const start = MARGIN + name + blanks + styled('bold', arrow.padEnd(ARROW_COLUMNS));
    const styledHead = style ? styled(style, head) : head;
    if (body === undefined) {
      this.print(start + styledHead);
      return;
    }
    const pieces = shortJson(body, shown);
    const gap = head === '' ? 0 : GAP;
    const beside = this.json(pieces, TEXT_STARTS + head.length + gap);
    if (beside.length === 1 || arrow === '←') {
      this.print(start + styledHead + ' '.repeat(gap) + beside.join('\n'));
    } else {
      this.print(start + styledHead, ' '.repeat(TEXT_STARTS) + this.json(pieces, TEXT_STARTS).join('\n'));
    }
  }

  /** The lines of a JSON text that starts in this column; those after the first go on below the first field. */
  private json(pieces: string[], column: number): string[] {
    const indent = ' '.repeat(column + BRACE_COLUMNS);
    return filled(pieces, this.width - indent.length).map(
      (line, index) => (index > 0 ? indent : '') + line.replaceAll(/"\w+":/g, (name) => styled('dim', name)),
    );
  }

  private paragraph(text: string): string[] {
    return filled(text.split(' '), this.width - MARGIN.length).map((line) => MARGIN + line);
  }

  private print(...lines: string[]): void {
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}

/** Styled for a terminal; plain for a file or pipe, and for those who set NO_COLOR. */
export function styled(style: Style, text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}
