// What a new rule begins with: a search for events, written as Sigma, for the kind of events that the search found.

import type { Api } from '../../../api/client';
import { fieldsOf, type RecordField } from '../../../ui/fields';
import { conditionsOf, type HuntSearch } from '../../hunt/search';

type Event = Api['EventView'];

/** What a rule has that no search says. */
interface Signed {
  id: string;
  /** YYYY-MM-DD. */
  date: string;
}

const TITLE_MAX = 100;
/** As names of fields, YAML would read them as something else. */
const NO_NAMES = /^(true|false|yes|no|on|off|y|n|null)$/i;
/** What YAML does not take in a text as it is, and what is not seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffe\uffff]/gu;
/** What the search takes as a word. */
const WORD = /[0-9A-Za-z\u0080-\u{10ffff}]+/gu;

export function draftOf(search: HuntSearch, event: Event | undefined, { id, date }: Signed): string {
  const fields = event && fieldsOf(event.raw);
  const selection = selectionOf(conditionsOf(search), fields ?? [], productOf(event));
  const keywords = keywordsOf(search.q ?? '', fields ? fields.map(({ text }) => text).join('\n') : event?.raw);
  const searches = [
    ...(selection.length > 0 ? ['selection'] : []),
    ...(keywords.length > 0 ? ['keywords'] : []),
  ];
  return [
    `title: ${quoted(titleOf(search))}`,
    `id: ${id}`,
    'status: experimental',
    "description: 'Say here what it finds, and why that matters.'",
    `date: ${date}`,
    'logsource:',
    ...logSourceOf(event),
    'detection:',
    ...(searches.length === 0 ? EXAMPLE : []),
    ...(selection.length > 0 ? ['  selection:', ...selection] : []),
    ...(keywords.length > 0 ? ['  keywords:', "    '|all':", ...keywords.map((word) => `      - ${asValue(word)}`)] : []),
    `  condition: ${searches.join(' and ') || 'selection'}`,
    'falsepositives:',
    "  - 'Say here what is harmless and looks the same.'",
    'level: medium',
    'tags: []',
    '',
  ].join('\n');
}

/** Where nothing was looked for. */
const EXAMPLE = [
  '  selection:',
  '    # A field of the events and its value: change both.',
  "    NameOfAField: 'its value'",
];

function titleOf(search: HuntSearch): string {
  const asked = [search.q ?? '', ...conditionsOf(search).map((each) => each.replace(':', ' '))].filter((each) => each !== '');
  return asked.length === 0 ? 'A rule of ours' : Array.from(`Events with ${asked.join(', ')}`).slice(0, TITLE_MAX).join('');
}

function productOf(event: Event | undefined): string {
  return event?.log_source?.product ?? 'windows';
}

function logSourceOf(event: Event | undefined): string[] {
  if (!event?.log_source) {
    const why = event ? 'No mapping knows the event that was found: no rule sees it.' : 'Change it to where the events come from.';
    return [`  # ${why}`, `  product: ${productOf(event)}`];
  }
  const { product, categories, services } = event.log_source;
  const [part, names] = categories.length === 1 ? ['category', categories] : ['service', services];
  return [`  product: ${quoted(product)}`, ...(names.length === 1 ? [`  ${part}: ${quoted(names[0] ?? '')}`] : [])];
}

/** Lines of a map: each field with its value, or with all values that one field is to have. */
function selectionOf(conditions: readonly string[], fields: readonly RecordField[], product: string): string[] {
  const wanted = new Map<string, string[]>();
  for (const condition of conditions) {
    const [name = '', value = ''] = dividedOf(condition);
    const path = nameIn(fields, name, value);
    const field = (product === 'windows' ? lastPartOf(path) : path).replaceAll(' ', '');
    wanted.set(field, [...(wanted.get(field) ?? []), value]);
  }
  return [...wanted].flatMap(([field, values]) =>
    values.length === 1
      ? [`    ${asName(field)}: ${asValue(values[0] ?? '')}`]
      : [`    ${asName(`${field}|all`)}:`, ...values.map((value) => `      - ${asValue(value)}`)],
  );
}

function dividedOf(condition: string): [name: string, value: string] {
  const colon = condition.indexOf(':');
  return colon < 0 ? [condition, ''] : [condition.slice(0, colon), condition.slice(colon + 1)];
}

/** The whole path, as the record writes it: a search takes the end of it, in any case, and a rule does not. */
function nameIn(fields: readonly RecordField[], name: string, value: string): string {
  const [end, text] = [name.toLowerCase(), value.toLowerCase()];
  const isIt = (each: string) => each === end || each.endsWith(`.${end}`);
  return fields.find((field) => isIt(field.name.toLowerCase()) && field.text.toLowerCase() === text)?.name ?? name;
}

/** Rules for Windows name a field without what it stands in, whichever program brought the event; `#text` is no field. */
function lastPartOf(path: string): string {
  return path.split('.').findLast((part) => part !== '' && !part.startsWith('#')) ?? path;
}

/** What stands between blanks, if the event has it like that; otherwise the words in it, as the search takes them. */
function keywordsOf(text: string, found: string | undefined): string[] {
  const isThere = (each: string) => found === undefined || found.toLowerCase().includes(each.toLowerCase());
  const parts = text.split(/\s+/).flatMap((each) => {
    const words = each.match(WORD) ?? [];
    return words.length > 0 && isThere(each) ? [each] : words;
  });
  return [...new Set(parts)];
}

/** A text as a value of Sigma that means nothing but itself. */
function asValue(text: string): string {
  return quoted(text.replace(/[*?]|\\(?=[*?\\])/g, '\\$&'));
}

function asName(name: string): string {
  return /^[A-Za-z_][\w.-]*$/.test(name) && !NO_NAMES.test(name) ? name : quoted(name);
}

/** A text as YAML. */
function quoted(text: string): string {
  return text.search(UNSEEN) < 0 ? `'${text.replaceAll("'", "''")}'` : JSON.stringify(text).replace(UNSEEN, escaped);
}

function escaped(char: string): string {
  return `\\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;
}
