import type { Party, TranscriptEntry } from '../report.js';
import { line } from './markup.js';
import { clockText, partiesText } from './text.js';

/** Lifelines from left to right; the runner stands between service and bot. */
export const PARTIES: Party[] = ['maker', 'service', 'runner', 'bot'];

/** Of the height; across, all is in percent, so that text has its size on any screen. */
const ROW_PX = 46;
const LABEL_ABOVE_PX = 9;
const MARGIN_PX = 6;
/** As many as fit beside each other at 390 px; the list of messages has the whole label. */
const LABEL_CHARACTERS = 40;

/** A transcript as the arrows of a sequence diagram, below the names of its lifelines. */
export function sequenceDiagram(transcript: TranscriptEntry[], about: string): string {
  const height = transcript.length * ROW_PX + 2 * MARGIN_PX;
  const lifelines = PARTIES.map(
    (party) => `<line class="life" x1="${across(party)}" x2="${across(party)}" y1="0" y2="${height}"/>`,
  );
  return [
    `<div class="parties" aria-hidden="true">${PARTIES.map((party) => `<span>${party}</span>`).join('')}</div>`,
    `<svg class="diagram" width="100%" height="${height}" role="img" aria-label="${line(`Sequence diagram: ${about}. The same as text is in the list of messages below.`)}">`,
    ...lifelines,
    ...transcript.map((entry, index) => arrow(entry, index)),
    '</svg>',
  ].join('\n');
}

function arrow(entry: TranscriptEntry, index: number): string {
  const { from, to, at, fault, label } = entry;
  const y = MARGIN_PX + index * ROW_PX + ROW_PX / 2 + LABEL_ABOVE_PX;
  const [start, end] = [percent(from), percent(to)];
  const text = `${index + 1}  ${fault ? '✕ fault: ' : ''}${label}`;
  const drawn = from === to ? note(fault, start, y) : stroke(fault, start, end, y);
  const title = `${partiesText(entry)}: ${label}`;
  return [
    `<g class="${fault ? 'message fault' : 'message'}" aria-hidden="true"><title>${line(title)}</title>`,
    drawn,
    `<text class="time" x="0" y="${y + 4}">${line(clockText(at))}</text>`,
    `<text class="label" ${place(start, end)} y="${y - LABEL_ABOVE_PX}">${line(text, LABEL_CHARACTERS)}</text></g>`,
  ].join('');
}

function stroke(fault: boolean, start: number, end: number, y: number): string {
  const back = end < start ? 1 : -1;
  const head = `<svg x="${end}%" y="${y}"><path d="M0 0L${back * 8} -4.5V4.5Z"/></svg>`;
  const shaft = `<line x1="${start}%" x2="${end}%" y1="${y}" y2="${y}"/>`;
  return `${shaft}${head}${fault ? cross((start + end) / 2, y) : ''}`;
}

function note(fault: boolean, at: number, y: number): string {
  return fault ? cross(at, y) : `<circle cx="${at}%" cy="${y}" r="4"/>`;
}

function cross(at: number, y: number): string {
  return `<svg x="${at}%" y="${y}"><path class="cross" d="M-5 -5L5 5M5 -5L-5 5"/></svg>`;
}

/** Where a label stands, so that a long one stays within the diagram. */
function place(start: number, end: number): string {
  const middle = (start + end) / 2;
  const isInner = start === end && Math.abs(middle - 50) < 25;
  if (middle === 50 || isInner) return `x="${middle}%" text-anchor="middle"`;
  return middle < 50
    ? `x="${Math.min(start, end)}%" dx="8"`
    : `x="${Math.max(start, end)}%" dx="-8" text-anchor="end"`;
}

const percent = (party: Party): number => (PARTIES.indexOf(party) + 0.5) * (100 / PARTIES.length);
const across = (party: Party): string => `${percent(party)}%`;
