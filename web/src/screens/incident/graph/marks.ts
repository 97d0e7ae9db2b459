// What stands for a kind, a ring or a severity in the drawing: a small shape and a word, so that colour is never alone.
// All paths are ours, on a grid of 24.

import type { Level } from '../../../ui/Badge';

interface Mark {
  word: string;
  path: string;
}

const KINDS: Record<string, Mark> = {
  principal: { word: 'Account', path: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c1-3.8 3.7-5.5 7.5-5.5s6.5 1.7 7.5 5.5' },
  session: { word: 'Session', path: 'M10 4H5v16h5M10 12h10M16 8l4 4-4 4' },
  credential: { word: 'Credential', path: 'M8 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 12h9v4M17 12v3' },
  host: { word: 'Host', path: 'M3 5h18v11H3zM8 20h8M12 16v4' },
  process: { word: 'Process', path: 'M4 5h16v14H4zM7.5 9.5l3 2.5-3 2.5M12.5 15H16' },
  file: { word: 'File', path: 'M6 3h8l4 4v14H6zM14 3v4h4' },
  endpoint: { word: 'Endpoint', path: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c-5 6-5 12 0 18M12 3c5 6 5 12 0 18' },
  url: { word: 'Web address', path: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1' },
  domain: { word: 'Domain', path: 'M4 6h16v12H4zM4 10h16M7 8h.01' },
  container: { word: 'Container', path: 'M12 3 4 7v10l8 4 8-4V7zM4 7l8 4 8-4M12 11v10' },
  bucket: { word: 'Bucket', path: 'M4 6h16l-2.5 14h-11zM4.5 10h15' },
  secret: { word: 'Secret', path: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3' },
  account: { word: 'Cloud account', path: 'M7 18a4 4 0 0 1 0-8 5 5 0 0 1 9.7-1A4.5 4.5 0 0 1 17 18Z' },
  service: { word: 'Service', path: 'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM12 3v4M12 17v4M3 12h4M17 12h4' },
  setting: { word: 'Setting', path: 'M4 7h8M16 7h4M4 17h4M12 17h8M14 9.5v-5M10 19.5v-5' },
  resource: { word: 'Resource', path: 'M4 4h7v7H4zM13 13h7v7h-7zM13 4h7v7h-7zM4 13h7v7H4z' },
  affected: { word: 'Depends on it', path: 'M6 3v12a4 4 0 0 0 4 4h9M15 15l4 4-4 4' },
};

const SEVERITIES: Record<Level, string> = {
  critical: 'M12 3v11M12 20h.01',
  high: 'm5 14 7-7 7 7M5 20l7-7 7 7',
  medium: 'm5 16 7-7 7 7',
  low: 'm5 9 7 7 7-7',
  informational: 'M12 11v8M12 6.5h.01',
};

export const RINGS = ['Root cause', 'Compromised', 'Exposed or reached'] as const;
export type Ring = 0 | 1 | 2;

/** Half of the side or of the diameter of a node. */
export const SHAPE = 15;

/** Outline of a node by its ring: a hexagon, a circle, a square with cut corners. */
export const OUTLINES: Record<Ring, string> = {
  0: 'M-18 0 -9 -15.6 9 -15.6 18 0 9 15.6 -9 15.6Z',
  1: 'M-15 0a15 15 0 1 0 30 0a15 15 0 1 0 -30 0Z',
  2: 'M-13 -9 -9 -13 9 -13 13 -9 13 9 9 13 -9 13 -13 9Z',
};

/** Many in one: two more edges behind the outline. */
export const PILE = 'M-10 -17H17V10M-6 -21H21V6';

/** A warning triangle of the grid of 24, for alerts on a step. */
export const WARNING = 'M12 3 2.5 20h19L12 3Z';
export const WARNING_SIGN = 'M12 10v4M12 17h.01';

const UNKNOWN: Mark = { word: 'Thing', path: 'M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5h.01' };

export function kindMark(kind: string): Mark {
  return KINDS[kind] ?? UNKNOWN;
}

export function severityMark(level: Level): string {
  return SEVERITIES[level];
}
