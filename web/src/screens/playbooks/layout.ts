// Where each step of a workflow stands and how its links run: rows from top to bottom, branches side by side.
//
// Pure: the same workflow always gives the same drawing. A step is placed once, where the flow first reaches it; a link to a
// step that stands already runs around the outside, so that loops and odd documents are drawn, too, and never missing.

import type { Link, Step } from './cacao';

export const STEP_WIDTH = 208;
const STEP_HEIGHT = 56;
const SMALL_WIDTH = 76;
const SMALL_HEIGHT = 28;
const GAP_X = 28;
const GAP_Y = 52;
const ROW = STEP_HEIGHT + GAP_Y;
/** Room for a line, with its label, beside the branches. */
const LANE = 84;
const MARGIN = 28;
/** How far below a step its lines part, and above a step they come together. */
const PART = 14;
const JOIN = 12;
const FAR_APART = 14;
/** Words over a part that is not reached from the start. */
const TITLE_ROWS = 0.45;

export interface Place {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  row: number;
  /** How many branches deep it stands. */
  depth: number;
}

export interface Line {
  from: string;
  to: string;
  label: string;
  points: [x: number, y: number][];
  labelAt: [x: number, y: number];
  /** Whether it runs against the flow. */
  back: boolean;
}

export interface Drawing {
  width: number;
  height: number;
  /** In the order of reading. */
  places: Place[];
  lines: Line[];
  titles: { text: string; x: number; y: number }[];
}

/** A line whose ends are known and whose way is not: `lane` is the x of the way around, where it needs one. */
interface Draft {
  from: string;
  to: string;
  label: string;
  way: 'part' | 'join' | 'lane' | 'back' | 'far';
  lane?: number;
}

/** Steps that are placed in relation to each other; x counts from the axis on which flow enters. */
interface Block {
  entry?: string;
  left: number;
  right: number;
  rows: number;
  places: { id: string; x: number; row: number; depth: number }[];
  drafts: Draft[];
  /** Steps at which it ends and goes on with what comes after it. */
  ends: string[];
}

export function layOut(steps: ReadonlyMap<string, Step>, start: string, exception?: string): Drawing {
  const taken = new Set<string>();
  const parts: { title: string; block: Block }[] = [];
  const add = (title: string, id: string) => {
    if (steps.has(id) && !taken.has(id)) parts.push({ title, block: lineFrom(id, 0, steps, taken) });
  };
  add('', start);
  if (exception) add('If a step fails', exception);
  const inner = new Set([...steps.values()].flatMap(({ links }) => links.map(({ to }) => to)));
  for (const id of steps.keys()) if (!inner.has(id)) add('Not reached', id);
  for (const id of steps.keys()) add('Not reached', id);
  return draw(parts, steps);
}

/** A step and everything that follows it in the same line. */
function lineFrom(first: string, depth: number, steps: ReadonlyMap<string, Step>, taken: Set<string>): Block {
  const block: Block = { entry: first, left: 0, right: 0, rows: 0, places: [], drafts: [], ends: [] };
  let waiting: Omit<Draft, 'to'>[] = [];
  let id: string | undefined = first;
  while (id !== undefined) {
    const step = steps.get(id);
    if (!step || taken.has(id)) break;
    taken.add(id);
    connect(block, waiting, id);
    const half = (isSmall(step) ? SMALL_WIDTH : STEP_WIDTH) / 2;
    block.places.push({ id, x: 0, row: block.rows, depth });
    block.left = Math.max(block.left, half);
    block.right = Math.max(block.right, half);
    block.rows += 1;
    const next: Link | undefined = step.links.find(({ role }) => role === 'next');
    if (step.links.some(({ role }) => role === 'failure')) {
      beside(block, step, depth, steps, taken);
      return block;
    }
    waiting = step.links.some(({ role }) => role === 'branch')
      ? branches(block, step, next, depth, steps, taken)
      : [{ from: id, label: next?.label ?? '', way: 'part' }];
    id = next?.to;
  }
  if (id !== undefined && steps.has(id)) connect(block, waiting.map((draft) => ({ ...draft, way: 'far' as const })), id);
  else block.ends = waiting.map(({ from }) => from);
  return block;
}

function connect(block: Block, waiting: readonly Omit<Draft, 'to'>[], to: string): void {
  for (const draft of waiting) block.drafts.push({ ...draft, to });
}

/** Puts what follows success below a step, and what follows failure beside that. */
function beside(block: Block, step: Step, depth: number, steps: ReadonlyMap<string, Step>, taken: Set<string>): void {
  const links = [...step.links].sort((one, other) => Number(one.role === 'failure') - Number(other.role === 'failure'));
  const made: Block[] = [];
  for (const link of links) {
    const reached = !steps.has(link.to) || taken.has(link.to);
    block.drafts.push({ from: step.id, to: link.to, label: link.label, way: reached ? 'far' : 'part' });
    if (!reached) made.push(lineFrom(link.to, depth + Number(link.role === 'failure'), steps, taken));
  }
  merge(block, made, 0);
}

/** Puts branches side by side below a step; answers the lines that wait for what comes after them. */
function branches(
  block: Block,
  step: Step,
  next: Link | undefined,
  depth: number,
  steps: ReadonlyMap<string, Step>,
  taken: Set<string>,
): Omit<Draft, 'to'>[] {
  const loops = step.kind === 'while-condition';
  const made: Block[] = [];
  const outer = next && !taken.has(next.to) ? next.to : undefined;
  // What comes after the branches stays below them, even if a branch says that it goes there by itself.
  if (outer) taken.add(outer);
  for (const link of step.links.filter(({ role }) => role === 'branch')) {
    const reached = !steps.has(link.to) || taken.has(link.to);
    block.drafts.push({ from: step.id, to: link.to, label: link.label, way: reached ? 'far' : 'part' });
    if (!reached) made.push(lineFrom(link.to, depth + 1, steps, taken));
  }
  if (outer) taken.delete(outer);
  const ends = made.flatMap((each) => each.ends);
  merge(block, made, loops ? LANE / 2 : 0);
  if (loops) for (const end of ends) block.drafts.push({ from: end, to: step.id, label: 'again', way: 'back', lane: -block.left + LANE / 4 });
  const waiting: Omit<Draft, 'to'>[] = loops ? [] : ends.map((from) => ({ from, label: '', way: 'join' }));
  if (next && mayPass(step)) {
    waiting.push({ from: step.id, label: loops ? next.label : 'otherwise', way: 'lane', lane: block.right + LANE / 2 });
    block.right += LANE;
  }
  return waiting;
}

/** Whether flow may go by all branches. */
function mayPass({ kind, links }: Step): boolean {
  if (kind === 'while-condition') return true;
  if (kind === 'if-condition') return !links.some(({ label, role }) => role === 'branch' && label === 'if not');
  return kind === 'switch-condition' && !links.some(({ label, role }) => role === 'branch' && label === 'otherwise');
}

/** Adds blocks side by side below what a block has. One alone keeps the axis; `before` is left free at their left. */
function merge(block: Block, made: readonly Block[], before: number): void {
  const [only] = made;
  if (!only) return;
  const width = made.reduce((sum, each) => sum + each.left + each.right, GAP_X * (made.length - 1));
  let from = made.length === 1 ? -only.left : -width / 2;
  const left = -from;
  const top = block.rows;
  for (const each of made) {
    const dx = from + each.left;
    block.places.push(...each.places.map((place) => ({ ...place, x: place.x + dx, row: place.row + top })));
    block.drafts.push(...each.drafts.map((draft) => ({ ...draft, lane: draft.lane === undefined ? undefined : draft.lane + dx })));
    block.rows = Math.max(block.rows, top + each.rows);
    from += each.left + each.right + GAP_X;
  }
  block.left = Math.max(block.left, left) + before;
  block.right = Math.max(block.right, from - GAP_X);
}

function draw(parts: readonly { title: string; block: Block }[], steps: ReadonlyMap<string, Step>): Drawing {
  const places = new Map<string, Place>();
  const titles: Drawing['titles'] = [];
  const drafts: Draft[] = [];
  let x = MARGIN;
  let rows = 0;
  for (const { title, block } of parts) {
    const axis = x + block.left;
    const down = title ? TITLE_ROWS : 0;
    if (title) titles.push({ text: title, x: axis - STEP_WIDTH / 2, y: MARGIN + 16 });
    for (const { id, x: at, row, depth } of block.places) {
      const step = steps.get(id);
      if (!step) continue;
      const width = isSmall(step) ? SMALL_WIDTH : STEP_WIDTH;
      const height = isSmall(step) ? SMALL_HEIGHT : STEP_HEIGHT;
      const low = step.kind === 'start' ? STEP_HEIGHT - SMALL_HEIGHT : 0;
      places.set(id, { id, x: axis + at - width / 2, y: MARGIN + (row + down) * ROW + low, width, height, row, depth });
    }
    drafts.push(...block.drafts.map((draft) => ({ ...draft, lane: draft.lane === undefined ? undefined : draft.lane + axis })));
    rows = Math.max(rows, block.rows + down);
    x = axis + block.right + GAP_X * 2;
  }
  const inner = x - GAP_X * 2;
  const far = drafts.filter(({ way }) => way === 'far').length;
  const lines = run(drafts, places, inner);
  return { width: inner + MARGIN + far * FAR_APART, height: MARGIN * 2 + rows * ROW - GAP_Y, places: [...places.values()], lines, titles };
}

function run(drafts: readonly Draft[], places: ReadonlyMap<string, Place>, outside: number): Line[] {
  let far = 0;
  return drafts.flatMap((draft) => {
    const from = places.get(draft.from);
    const to = places.get(draft.to);
    if (!from || !to) return [];
    const lane = draft.way === 'far' ? outside + FAR_APART * ++far : (draft.lane ?? 0);
    const points = wayOf(draft.way, from, to, lane);
    const { from: source, to: target, label } = draft;
    return [{ from: source, to: target, label, points, labelAt: labelAt(draft.way, points), back: to.y <= from.y }];
  });
}

function wayOf(way: Draft['way'], from: Place, to: Place, lane: number): Line['points'] {
  const x = from.x + from.width / 2;
  const bottom = from.y + from.height;
  const toX = to.x + to.width / 2;
  const parting = bottom + PART;
  const joining = to.y - JOIN;
  switch (way) {
    case 'part':
      return [[x, bottom], [x, parting], [toX, parting], [toX, to.y]];
    case 'join':
      return [[x, bottom], [x, joining], [toX, joining], [toX, to.y]];
    case 'lane':
      return [[x, bottom], [x, parting], [lane, parting], [lane, joining], [toX, joining], [toX, to.y]];
    case 'back':
      return [[x, bottom], [x, parting], [lane, parting], [lane, to.y + to.height / 2], [to.x, to.y + to.height / 2]];
    case 'far':
      return [
        [from.x + from.width, from.y + from.height / 2],
        [lane, from.y + from.height / 2],
        [lane, to.y + to.height / 2],
        [to.x + to.width, to.y + to.height / 2],
      ];
  }
}

/** On the part of the line that no other line shares. */
function labelAt(way: Draft['way'], points: Line['points']): [number, number] {
  const [first, , third] = points;
  if (!first || !third) return [0, 0];
  if (way === 'far') return [first[0] + 4, first[1] - 4];
  return [third[0] + 5, third[1] + (way === 'back' ? -6 : 16)];
}

function isSmall({ kind }: Step): boolean {
  return kind === 'start' || kind === 'end';
}
