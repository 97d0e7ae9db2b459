// Where in the text of a playbook something of its document stands. The text has names where the document has ids, so places are
// found by name, and by order where the names differ. Text that is broken gives fewer places, never an error.

import { yamlLanguage } from '@codemirror/lang-yaml';

import { EXTENSION } from '../cacao';

/** A member of an object or of a list, with the lines that it takes, counted from 1. */
export interface Place {
  /** Its name as it is written; in a list, its number. */
  key: string;
  line: number;
  end: number;
  inside: Place[];
}

const isMember = (name: string) => name === 'Pair' || name === 'Item';

/** What is written where. JSON is YAML, too. */
export function outlineOf(text: string): Place {
  const lineAt = linesOf(text);
  const root: Place = { key: '', line: 1, end: lineAt(text.length), inside: [] };
  const open = [root];
  yamlLanguage.parser.parse(text).iterate({
    enter: ({ name, from, to, node }) => {
      if (!isMember(name)) return;
      const above = open.at(-1) ?? root;
      const key = node.getChild('Key');
      const written = key ? unquoted(text.slice(key.from, key.to)) : '';
      const end = from + text.slice(from, to).trimEnd().length;
      const place = { key: name === 'Item' ? String(above.inside.length) : written, line: lineAt(from), end: lineAt(end), inside: [] };
      above.inside.push(place);
      open.push(place);
    },
    leave: ({ name }) => {
      if (isMember(name)) open.pop();
    },
  });
  return root;
}

/** From a place in the text to its line. */
function linesOf(text: string): (at: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (at) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

/** The line of what a JSON pointer names in a document, or of what is nearest to it. */
export function lineOf(pointer: string, document: unknown, root: Place): number {
  let place = root;
  let value = document;
  for (const name of segmentsOf(pointer)) {
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

function segmentsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
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
