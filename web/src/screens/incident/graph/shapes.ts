// What is drawn where: lines between nodes and the labels below them. Pure; the page and the exported file both draw from it.

import { count } from '../../../ui/text';
import { kindMark, RINGS, SHAPE } from './marks';
import type { Layout, Spot } from './layout';
import type { Graph, GraphNode } from './model';
import { CELL_WIDTH } from './pack';

export interface Line {
  id: string;
  from: string;
  to: string;
  /** Line and head of the arrow as one path. */
  path: string;
  middle: Spot;
  /** Indices of its steps. */
  steps: number[];
  /** Whether no record shows any of its steps. */
  inferred: boolean;
  alerted: boolean;
}

const HEAD = 7;
/** What a label has room for, in small letters. */
const LABEL_MAX = 16.6;
/** The shape of a node stands above the middle of its cell, which leaves room for the label. */
export const SHAPE_ABOVE = 11;
/** From the middle of a shape to the lower edge of its label. */
const LABEL_BOTTOM = 41;

/** Steps between the same two nodes are one line. */
export function linesOf({ edges, byId }: Pick<Graph, 'edges' | 'byId'>, layout: Layout): Line[] {
  const lines = new Map<string, Line>();
  for (const edge of edges) {
    const id = `${edge.from}\n${edge.to}`;
    const known = lines.get(id);
    if (known) {
      known.steps.push(edge.index);
      known.inferred &&= edge.inferred;
      known.alerted ||= edge.alerts.length > 0;
      continue;
    }
    const [from, to] = [layout.spots.get(edge.from), layout.spots.get(edge.to)];
    if (!from || !to || edge.from === edge.to) continue;
    const half = (id: string) => {
      const node = byId.get(id);
      return node ? labelWidth(node) / 2 : SHAPE;
    };
    const { path, middle } = curve({ ...from, half: half(edge.from) }, { ...to, half: half(edge.to) }, layout.kind);
    lines.set(id, { id, from: edge.from, to: edge.to, path, middle, steps: [edge.index], inferred: edge.inferred, alerted: edge.alerts.length > 0 });
  }
  return [...lines.values()];
}

/** Half the width of its label goes with each end. */
function curve(start: Spot & { half: number }, finish: Spot & { half: number }, kind: Layout['kind']): { path: string; middle: Spot } {
  const a = { x: start.x, y: start.y - SHAPE_ABOVE };
  const b = { x: finish.x, y: finish.y - SHAPE_ABOVE };
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  // Bent aside, so that there and back are two lines, and a line along a row passes beside the nodes between.
  const bend = kind === 'rings' ? 0.12 : 0.18;
  const control = { x: (a.x + b.x) / 2 - dy * bend, y: (a.y + b.y) / 2 + dx * bend };
  const from = towards(a, control, clearOf(a, control, start.half));
  const tip = towards(b, control, clearOf(b, control, finish.half) + 2);
  const back = towards(tip, control, HEAD);
  const [nx, ny] = [((tip.y - back.y) / HEAD) * (HEAD / 2), ((back.x - tip.x) / HEAD) * (HEAD / 2)];
  const path = `M${at(from)}Q${at(control)} ${at(tip)}M${at({ x: back.x + nx, y: back.y + ny })}L${at(tip)}L${at({ x: back.x - nx, y: back.y - ny })}`;
  return { path, middle: { x: (from.x + 2 * control.x + tip.x) / 4, y: (from.y + 2 * control.y + tip.y) / 4 } };
}

/** How far from the middle of a shape a line is clear of the shape and of the label below it. */
function clearOf(from: Spot, to: Spot, half: number): number {
  const far = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [dx, dy] = [Math.abs(to.x - from.x) / far, (to.y - from.y) / far];
  if (dy <= 0) return SHAPE + 2;
  const below = Math.min(LABEL_BOTTOM / dy, half / Math.max(dx, 1e-6));
  const isAcross = below * dy > SHAPE;
  return Math.min(isAcross ? below + 2 : SHAPE + 2, Math.max(far * 0.7, SHAPE + 2));
}

function towards(from: Spot, to: Spot, length: number): Spot {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const far = Math.hypot(dx, dy) || 1;
  return { x: from.x + (dx / far) * length, y: from.y + (dy / far) * length };
}

function at({ x, y }: Spot): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

/** The part of a name that tells it from others, as long as its cell. */
export function labelOf(node: GraphNode): string {
  const { name, rest } = briefly(node);
  if (rest === '') return shorten(name, LABEL_MAX, node.kind === 'host');
  return `${shorten(name, LABEL_MAX - widthOfAll(rest), false)}${rest}`;
}

/** About how wide a label is drawn, for the ground below it: lines that pass there leave it legible. */
export function labelWidth(node: GraphNode): number {
  return Math.min(CELL_WIDTH, Math.max(widthOfAll(labelOf(node)) * 6.6, widthOfAll(wordOf(node)) * 5.6));
}

/** The line below the name. */
export function wordOf(node: GraphNode): string {
  return kindMark(node.kind).word;
}

/** What a reader hears of a node. */
export function spoken(node: GraphNode): string {
  const parts = [kindMark(node.kind).word, node.name, RINGS[node.ring].toLowerCase()];
  if (node.host) parts.push(`on ${node.host}`);
  if (node.level) parts.push(`alerts up to ${node.level}`);
  if (node.response) parts.push(node.response === 'cut' ? 'cut off' : 'still held by the intruder');
  parts.push(count(node.steps.length, 'step'));
  return parts.join(', ');
}

/** The telling part of a name: the last of a path, with the number of a process as the rest. */
export function briefly(node: GraphNode): { name: string; rest: string } {
  const plain = node.name.replace(/\p{C}/gu, ' ');
  const last = (pattern: RegExp, text = plain) => text.split(pattern).findLast((part) => part !== '') ?? text;
  if (node.kind === 'process' || node.kind === 'file') {
    const pid = / \(pid (\d+)\)$/.exec(plain);
    return { name: last(/[\\/]/, pid ? plain.slice(0, pid.index) : plain), rest: pid?.[1] ? ` ${pid[1]}` : '' };
  }
  if (node.kind === 'url' || node.kind === 'setting') return { name: last(/[\\/]/), rest: '' };
  return { name: plain.startsWith('arn:') ? last(/[:/]/) : plain, rest: '' };
}

/** Keeps both ends, as the middle of a name tells least; of a host, its begin. */
function shorten(text: string, most: number, isHeadOnly: boolean): string {
  if (widthOfAll(text) <= most) return text;
  const signs = [...text];
  let [head, tail, used] = ['', '', widthOf('…')];
  for (let i = 0; i < signs.length; i++) {
    const [first, last] = [signs[i] ?? '', signs[signs.length - 1 - i] ?? ''];
    used += widthOf(first);
    if (used > most) break;
    head += first;
    if (isHeadOnly) continue;
    used += widthOf(last);
    if (used > most) break;
    tail = last + tail;
  }
  return `${head}…${tail}`;
}

function widthOfAll(text: string): number {
  return [...text].reduce((sum, sign) => sum + widthOf(sign), 0);
}

/** In small letters. Guessed from above, as the font is not known here. */
function widthOf(sign: string): number {
  if ((sign.codePointAt(0) ?? 0) > 0x2e7f) return 2;
  if (/[mwMW@%…]/.test(sign)) return 1.6;
  if (/[A-Z]/.test(sign)) return 1.15;
  return /[.,:;ijl|!' ]/.test(sign) ? 0.6 : 1.05;
}
