// Lines that somebody pasted, each a time and what happened then.

import { parseTime } from '../../../ui/time';

export interface Line {
  /** Its place in the text, from 1. */
  number: number;
  raw: string;
  title: string;
  /** Nothing if the line cannot be read. */
  at?: string;
  trouble?: string;
}

const TITLE_MAX = 300;
const LINE = /^\W{0,3}(\d{4}-\d{2}-\d{2}[ T]+\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?:\s*(UTC|Z|[+-]\d{2}:\d{2})(?=\W|$))?\s*(?:[-–|:;,]\s*)?(.*)$/i;

/** Reads all lines that are not empty. */
export function readLines(text: string, zone: 'utc' | 'local'): Line[] {
  return text.split(/\r\n|\r|\n/).flatMap((raw, index) => (raw.trim() === '' ? [] : [readLine(raw, index + 1, zone)]));
}

function readLine(raw: string, number: number, zone: 'utc' | 'local'): Line {
  // What the server takes as a line has no control characters.
  const plain = raw.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  const [, time = '', given = '', rest = ''] = LINE.exec(plain) ?? [];
  const at = parseTime(`${time}${given}`, zone);
  const title = rest.trim();
  if (!at) return { number, raw, title: plain, trouble: 'no time at its beginning' };
  if (title === '') return { number, raw, title, trouble: 'no text after the time' };
  if (title.length > TITLE_MAX) return { number, raw, title, trouble: `longer than ${TITLE_MAX} characters` };
  return { number, raw, title, at };
}
