import MiniSearch from './minisearch.js';

/** Finds sections of the guide as one types. */
const box = document.querySelector('#search');
const found = document.querySelector('#found');
const { root } = document.documentElement.dataset;
const MOST = 12;
const SHOWN_CHARACTERS = 160;

let index;

/** The sections are loaded once somebody means to search. */
async function loaded() {
  const sections = await (await fetch(`${root}sections.json`)).json();
  const search = new MiniSearch({
    fields: ['title', 'of', 'text'],
    storeFields: ['page', 'of', 'anchor', 'title', 'text'],
    searchOptions: { prefix: true, combineWith: 'AND', boost: { title: 3, of: 2 } },
  });
  search.addAll(sections);
  return search;
}

async function show() {
  index ??= loaded();
  const search = await index;
  const results = search.search(box.value).slice(0, MOST);
  found.replaceChildren(...(results.length > 0 || !box.value.trim() ? results.map(entry) : [nothing()]));
  found.hidden = found.childElementCount === 0;
}

function entry({ page, of, anchor, title, text, terms }) {
  const link = document.createElement('a');
  link.href = `${root}${page || '.'}#${anchor}`;
  link.textContent = title === of ? title : `${of}: ${title}`;
  const words = document.createElement('p');
  words.textContent = excerpt(text, terms);
  const item = document.createElement('li');
  item.append(link, words);
  return item;
}

/** The text around the first word that was found; its beginning where that stands in a title alone. */
function excerpt(text, terms) {
  const places = terms.map((term) => text.toLowerCase().indexOf(term)).filter((place) => place >= 0);
  const first = places.length > 0 ? Math.min(...places) : 0;
  const start = text.lastIndexOf(' ', Math.max(0, first - SHOWN_CHARACTERS / 2)) + 1;
  const end = start + SHOWN_CHARACTERS;
  return `${start > 0 ? '… ' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
}

function nothing() {
  const item = document.createElement('li');
  item.textContent = 'Nothing in the guide has all of these words.';
  return item;
}

box.addEventListener('input', show);
box.form.addEventListener('submit', (event) => event.preventDefault());

/** Samples come in the language that was chosen last, on whatever page. */
const samples = document.querySelector('.samples');
const LANGUAGE = 'language';

function copy({ target }) {
  const shown = [...samples.querySelectorAll('pre')].find((sample) => sample.checkVisibility());
  navigator.clipboard.writeText(shown.textContent).then(() => (target.textContent = 'Copied'));
}

if (samples) {
  const button = samples.querySelector('button');
  button.hidden = !navigator.clipboard; // browsers have it for secure pages alone
  button.addEventListener('click', copy);
  samples.addEventListener('change', ({ target }) => {
    button.textContent = 'Copy';
    localStorage.setItem(LANGUAGE, target.value);
  });
  for (const choice of samples.querySelectorAll('input')) {
    if (choice.value === localStorage.getItem(LANGUAGE)) choice.checked = true;
  }
}
