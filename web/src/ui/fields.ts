// Reads a raw record as its fields, and draws its JSON anew for people. The text of every value stays what the record has: numbers
// are never rounded, and of names that stand there twice both are shown. It never makes markup of anything.

export interface RecordField {
  /** Where it stands, `user.groups[0]`. */
  path: string;
  /** The same as a search names it: without the places in lists. */
  name: string;
  text: string;
}

interface Level {
  isList: boolean;
  /** Name of the value that is being read; none while a name is awaited. */
  name?: string;
  at: number;
}

/** A text, a number or a word, or a mark. Only used on what is known to be JSON. */
const TOKEN = /\s*("(?:[^"\\]+|\\.)*"|[-\w.+]+|[{}[\],:])/y;
/** What is not seen and turns the order of what is: as JSON also writes it, it means the same. */
const UNSEEN = /[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const INDENT = 2;
/** What is deeper is no record that the server reads either; its paths would be longer than itself. */
const DEPTH_MAX = 128;
/** Deeper levels are not moved further in. */
const INDENT_MAX = 40;

/** The fields of a record that is a JSON object or list; nothing if it is something else. */
export function fieldsOf(raw: string): RecordField[] | undefined {
  if (!isJson(raw)) return undefined;
  const fields: RecordField[] = [];
  const levels: Level[] = [];
  let isEmpty = false;
  const add = (text: string) => fields.push({ path: pathOf(levels), name: nameOf(levels), text });
  for (const token of tokensOf(raw)) {
    const level = levels.at(-1);
    if (token === '{' || token === '[') {
      if (levels.push({ isList: token === '[', at: 0 }) > DEPTH_MAX) return undefined;
    } else if (token === '}' || token === ']') {
      levels.pop();
      if (isEmpty) add(token === '}' ? '{}' : '[]');
    } else if (token === ',' && level) {
      level.at += 1;
      level.name = undefined;
    } else if (level && !level.isList && level.name === undefined) {
      level.name = textOf(token);
    } else if (token !== ':') {
      add(textOf(token));
    }
    isEmpty = token === '{' || token === '[';
  }
  return fields;
}

/** A record with a line for each of its fields, if it is JSON; otherwise as it is. */
export function prettyOf(raw: string): string {
  if (!isJson(raw)) return raw;
  const parts: string[] = [];
  let depth = 0;
  let before = '';
  const line = () => `\n${' '.repeat(Math.min(depth * INDENT, INDENT_MAX))}`;
  for (const token of tokensOf(raw)) {
    const opened = before === '{' || before === '[';
    const closes = token === '}' || token === ']';
    if (closes) depth -= 1;
    if ((opened && !closes) || before === ',' || (closes && !opened)) parts.push(line());
    parts.push(token === ':' ? ': ' : token.replace(UNSEEN, escaped));
    if (token === '{' || token === '[') depth += 1;
    before = token;
  }
  return parts.join('');
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function isJson(raw: string): boolean {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

function* tokensOf(json: string): Generator<string> {
  const pattern = new RegExp(TOKEN);
  for (let found = pattern.exec(json); found; found = pattern.exec(json)) if (found[1] !== undefined) yield found[1];
}

function textOf(token: string): string {
  return token.startsWith('"') ? String(JSON.parse(token)) : token;
}

function pathOf(levels: readonly Level[]): string {
  return levels.reduce((path, { isList, name = '', at }) => {
    if (isList) return `${path}[${at}]`;
    return path === '' ? name : `${path}.${name}`;
  }, '');
}

function nameOf(levels: readonly Level[]): string {
  return levels.flatMap(({ isList, name = '' }) => (isList ? [] : [name])).join('.');
}
