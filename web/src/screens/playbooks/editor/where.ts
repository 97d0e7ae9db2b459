// Where in the text of a playbook something of its document stands. The text has names where the document has ids, so places are
// found by name, and by order where the names differ. Text that is broken gives fewer places, never an error.

import { EXTENSION } from '../cacao';

/** A member of an object or of a list, with the lines that it takes, counted from 1. */
export interface Place {
  /** Its name as it is written; in a list, its number. */
  key: string;
  line: number;
  end: number;
  inside: Place[];
}

interface Open {
  place: Place;
  indent: number;
  isItem: boolean;
}

/** A name before a colon: quoted, or plain. */
const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#[\]{},|>&*!%@`](?:[^:#]|:(?=\S)|(?<!\s)#)*?)\s*:(?=\s|$)/;
const BLOCK = /^[|>][-+\d]*\s*(?:#.*)?$/;
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|\s#.*$/g;
const JSON_TOKEN = /"(?:[^"\\\n]|\\.)*"?|[{}[\],:\n]|[^\s{}[\],:"]+/g;

export function outlineOf(text: string): Place {
  return text.trimStart().startsWith('{') ? ofJson(text) : ofYaml(text);
}

/** The line of what a JSON pointer names in a document, or of what is nearest to it. */
export function lineOf(pointer: string, document: unknown, root: Place): number {
  let place = root;
  let value = document;
  for (const name of segmentsOf(pointer, document)) {
    const next = childOf(place, name, value);
    const isInOurs = name === EXTENSION && place.key === 'quell';
    if (!next && !isInOurs) break;
    place = next ?? place;
    value = recordOf(value)[name];
  }
  return place.line;
}

/** What each step of a document is called in its text. */
export function writtenSteps(document: unknown, root: Place): Map<string, string> {
  const workflow = recordOf(recordOf(document).workflow);
  const written = root.inside.find(({ key }) => key === 'workflow');
  return new Map(Object.keys(workflow).flatMap((id) => {
    const place = written && childOf(written, id, workflow);
    return place ? [[id, place.key] as const] : [];
  }));
}

/** The step as it is written now. */
export function placeOfStep(root: Place, written: string | undefined): Place | undefined {
  return root.inside.find(({ key }) => key === 'workflow')?.inside.find(({ key }) => key === written);
}

/** What the step at a line is called there. */
export function stepAt(root: Place, line: number): string | undefined {
  const steps = root.inside.find(({ key }) => key === 'workflow')?.inside ?? [];
  return steps.find((step) => step.line <= line && line <= step.end)?.key;
}

function childOf(place: Place, name: string, value: unknown): Place | undefined {
  const same = place.inside.find(({ key }) => key === name);
  if (same) return same;
  if (name === 'step_extensions' || name === 'playbook_extensions') return place.inside.find(({ key }) => key === 'quell');
  const names = Object.keys(recordOf(value));
  return names.length === place.inside.length ? place.inside[names.indexOf(name)] : undefined;
}

/** A finding about a step may have its id alone. */
function segmentsOf(pointer: string, document: unknown): string[] {
  if (pointer in recordOf(recordOf(document).workflow)) return ['workflow', pointer];
  if (!pointer.startsWith('/')) return [];
  return pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function ofYaml(text: string): Place {
  const lines = text.split('\n');
  const root = placeAt('', 1, lines.length);
  const open: Open[] = [{ place: root, indent: -1, isItem: false }];
  let last = 1;
  let scalar: number | undefined;
  let brackets = 0;
  const top = () => open.at(-1)?.place ?? root;
  const close = (isOver: (each: Open) => boolean) => {
    for (let each = open.at(-1); each && open.length > 1 && isOver(each); each = open.at(-1)) {
      each.place.end = last;
      open.pop();
    }
  };
  const add = (key: string, line: number, indent: number, isItem: boolean) => {
    const place = placeAt(key, line, line);
    top().inside.push(place);
    open.push({ place, indent, isItem });
  };
  lines.forEach((whole, index) => {
    let rest = whole.trim();
    let at = whole.length - whole.trimStart().length;
    const indent = at;
    const isText = scalar !== undefined && indent > scalar;
    if (rest === '' || (!isText && rest.startsWith('#'))) return;
    if (!isText && brackets === 0) {
      while (/^-(?:\s|$)/.test(rest)) {
        close((each) => each.indent > at || (each.indent === at && each.isItem));
        add(String(top().inside.length), index + 1, at, true);
        const after = rest.slice(1).trimStart();
        at += rest.length - after.length;
        rest = after;
      }
      const key = KEY.exec(rest);
      if (key) {
        close((each) => each.indent >= at);
        add(unquoted(key[1] ?? ''), index + 1, at, false);
        rest = rest.slice(key[0].length).trim();
      }
      scalar = BLOCK.test(rest) ? (key ? at : indent) : undefined;
      if (/^[[{]/.test(rest)) brackets = Math.max(0, balanceOf(rest));
    } else if (!isText) brackets = Math.max(0, brackets + balanceOf(rest));
    last = index + 1;
  });
  close(() => true);
  return root;
}

function ofJson(text: string): Place {
  const root = placeAt('', 1, text.split('\n').length);
  const open: { place: Place; isList: boolean }[] = [];
  let line = 1;
  let name: { text: string; line: number } | undefined;
  for (const [token] of text.matchAll(JSON_TOKEN)) {
    const top = open.at(-1);
    if (token === '\n') line += 1;
    else if (token === ',') name = undefined;
    else if (token === '}' || token === ']') {
      if (top) top.place.end = line;
      open.pop();
      name = undefined;
    } else if (top && !top.isList && !name && token.startsWith('"')) name = { text: unquoted(token), line };
    else if (token !== ':') {
      const place = top ? placeAt(top.isList ? String(top.place.inside.length) : (name?.text ?? ''), name?.line ?? line, line) : root;
      top?.place.inside.push(place);
      if (token === '{' || token === '[') open.push({ place, isList: token === '[' });
      name = undefined;
    }
  }
  return root;
}

function placeAt(key: string, line: number, end: number): Place {
  return { key, line, end, inside: [] };
}

/** How many brackets a piece of a flow collection opens and does not close. */
function balanceOf(text: string): number {
  const bare = text.replace(QUOTED, '');
  return (bare.match(/[[{]/g)?.length ?? 0) - (bare.match(/[\]}]/g)?.length ?? 0);
}

function unquoted(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
