// Places of nodes. Pure and without chance: the same graph is always drawn the same.
//
// Every node has a cell that holds its shape and its label; lengths here are in cells. First it is decided on which orbit and at
// which angle each stands, as if cells were round; then `Pack` draws the orbits together as far as no two cells meet. Few nodes need no
// orbits: each goes as near to the middle as its ring has room, so that labels can be read with all of the drawing in the window.

import { CELL_HEIGHT, CELL_WIDTH, Pack, type Slot } from './pack';
import type { Graph, GraphEdge, GraphNode } from './model';

export interface Spot {
  x: number;
  y: number;
}

export interface RingLine {
  ring: 1 | 2;
  /** Half the width and half the height of its inner border. */
  rx: number;
  ry: number;
}

export interface Layout {
  kind: 'rings' | 'sequence';
  spots: ReadonlyMap<string, Spot>;
  left: number;
  top: number;
  width: number;
  height: number;
  rings: readonly RingLine[];
  /** Names of hosts, where their nodes are. */
  places: readonly (Spot & { text: string })[];
  /** Lines between lanes, as heights. */
  lanes: readonly number[];
}

const APART = Math.SQRT2;
const FULL = 2 * Math.PI;
/** The first sector begins at the top. */
const START = -Math.PI / 2;
/** Hosts with less than this part of the circle share a sector. */
const SECTOR_MIN = FULL / 14;
const SWEEPS = 6;
/** How tall a drawing is, and how far rings stand apart: each begins so far after the last node before it, and its first node so far after that. */
const WIDE = { tall: 1.3, after: 0.72, before: 0.65 };
const TIGHT = { tall: 1.15, after: 0.62, before: 0.56 };
/** Up to so many nodes each is placed by itself. */
const TIGHT_MAX = 80;
/** Half of the width and of the height of the name of a ring. */
const RING_NAME = { ru: 0.6, rv: 0.16 };
/** A sign of the name of a host is at most so wide. */
const NAME_SIGN = 9;

interface Sector {
  hosts: string[];
  /** Nodes of ring 1 and of ring 2. */
  rings: [GraphNode[], GraphNode[]];
  from: number;
  wide: number;
}

export function ringsOf(graph: Graph): Layout {
  const spots = new Map<string, Spot>([[graph.entry, { x: 0, y: 0 }]]);
  const homes = homesOf(graph);
  const sectors = sectorsOf(graph, homes);
  const near = neighbours(graph.edges);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const centres = centresOf(sectors);
    for (const sector of sectors) orderRing(sector, sweep % 2 === 0 ? 0 : 1, { near, centres, homes });
  }
  const isTight = graph.nodes.length <= TIGHT_MAX;
  const { tall, after, before } = isTight ? TIGHT : WIDE;
  const pack = new Pack(spots, tall);
  const lines: RingLine[] = [];
  let radius = 0;
  for (const ring of [1, 2] as const) {
    const border = radius + after;
    lines.push({ ring, rx: border * CELL_WIDTH, ry: border * tall * CELL_HEIGHT });
    pack.keepFree({ u: 0, v: -border * tall - RING_NAME.rv, ...RING_NAME });
    if (isTight) {
      radius = drawNear(sectors, ring, pack, border, before);
      continue;
    }
    const orbits = orbitsOf(sectors, ring, Math.max(border + before, APART));
    const slots = orbits.map((): Slot[] => []);
    for (const sector of sectors) place(sector, sector.rings[ring - 1] ?? [], orbits, slots);
    radius = border;
    for (const orbit of slots) radius = pack.add(orbit, Math.max(radius, border + before), radius);
  }
  return bounded({ kind: 'rings', spots, rings: lines, places: namesOf(sectors, pack, radius + 0.6), lanes: [] });
}

/** Left to right by time, each host in its lane. */
export function sequenceOf(graph: Graph): Layout {
  const order = byTime(graph);
  const columns = Math.max(1, Math.min(order.length, Math.ceil(Math.sqrt(order.length * 3.5))));
  const lanes = new Map<string, { node: GraphNode; column: number }[]>();
  order.forEach((node, index) => {
    const lane = node.kind === 'host' ? node.name : (node.host ?? '');
    const column = Math.floor((index * columns) / order.length);
    const known = lanes.get(lane);
    if (known) known.push({ node, column });
    else lanes.set(lane, [{ node, column }]);
  });
  const spots = new Map<string, Spot>();
  const places: (Spot & { text: string })[] = [];
  const borders: number[] = [];
  let row = 0;
  for (const [host, members] of lanes) {
    const used = new Map<number, number>();
    borders.push(row);
    places.push({ x: -CELL_WIDTH / 2, y: row + 8, text: host || 'Not on one host' });
    for (const { node, column } of members) {
      const depth = used.get(column) ?? 0;
      used.set(column, depth + 1);
      spots.set(node.id, { x: (column + 0.5) * CELL_WIDTH * 1.15, y: row + 26 + (depth + 0.5) * CELL_HEIGHT });
    }
    row += 26 + Math.max(...used.values()) * CELL_HEIGHT + 8;
  }
  return bounded({ kind: 'sequence', spots, rings: [], places, lanes: borders });
}

/** With the rectangle that holds all of it. */
function bounded(layout: Omit<Layout, 'left' | 'top' | 'width' | 'height'>): Layout {
  const boxes = [...layout.spots.values()].map(({ x, y }) => ({ x, y, rx: CELL_WIDTH / 2 + 6, ry: CELL_HEIGHT / 2 + 6 }));
  const isCentred = layout.kind === 'rings';
  for (const { x, y, text } of layout.places) {
    const rx = (text.length * NAME_SIGN) / 2;
    boxes.push({ x: isCentred ? x : x + rx, y, rx, ry: 14 });
  }
  const least = (all: number[]) => all.reduce((a, b) => Math.min(a, b), 0);
  const left = least(boxes.map(({ x, rx }) => x - rx));
  const top = least(boxes.map(({ y, ry }) => y - ry));
  const right = -least(boxes.map(({ x, rx }) => -x - rx));
  const bottom = -least(boxes.map(({ y, ry }) => -y - ry));
  return { ...layout, left, top, width: right - left, height: bottom - top };
}

function byTime(graph: Graph): GraphNode[] {
  const order = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);
  const seen = (node: GraphNode) => node.first ?? Infinity;
  const step = (node: GraphNode) => node.steps[0] ?? Infinity;
  return graph.nodes.toSorted((a, b) => order(seen(a), seen(b)) || order(step(a), step(b)));
}

/** Nodes of one host stand together. A node without one stands with the host that it has the most to do with. */
function sectorsOf(graph: Graph, homes: ReadonlyMap<string, string>): Sector[] {
  const groups = new Map<string, Sector>();
  for (const node of byTime(graph)) {
    if (node.ring === 0) continue;
    const home = homes.get(node.id) ?? '';
    const sector: Sector = groups.get(home) ?? { hosts: [home], rings: [[], []], from: 0, wide: 0 };
    groups.set(home, sector);
    sector.rings[node.ring - 1]?.push(node);
  }
  const weight = (sector: Sector) => sector.rings[0].length + 0.7 * sector.rings[1].length + 0.5;
  const total = [...groups.values()].reduce((sum, sector) => sum + weight(sector), 0);
  const sectors: Sector[] = [];
  for (const sector of groups.values()) {
    const wide = (FULL * weight(sector)) / total;
    const before = sectors.at(-1);
    // Hosts with few nodes would each leave most of their sector empty.
    if (before && before.wide < SECTOR_MIN) join(before, { ...sector, wide });
    else sectors.push({ ...sector, wide });
  }
  const [last, before] = [sectors.at(-1), sectors.at(-2)];
  if (last && before && last.wide < SECTOR_MIN) {
    join(before, last);
    sectors.pop();
  }
  let from = START;
  for (const sector of sectors) {
    sector.from = from;
    from += sector.wide;
  }
  return sectors;
}

function join(sector: Sector, other: Sector): void {
  sector.hosts.push(...other.hosts);
  sector.rings[0].push(...other.rings[0]);
  sector.rings[1].push(...other.rings[1]);
  sector.wide += other.wide;
}

function homesOf(graph: Graph): Map<string, string> {
  const homes = new Map<string, string>();
  for (const node of graph.nodes) {
    const host = node.kind === 'host' ? node.name : node.host;
    if (host) homes.set(node.id, host);
  }
  const fixed = new Map(homes);
  for (const node of graph.nodes) {
    if (fixed.has(node.id)) continue;
    const votes = new Map<string, number>();
    for (const index of node.steps) {
      const edge = graph.edges[index];
      const other = edge && fixed.get(edge.from === node.id ? edge.to : edge.from);
      if (other) votes.set(other, (votes.get(other) ?? 0) + 1);
    }
    const best = [...votes].reduce<[string, number] | undefined>((most, vote) => (most && most[1] >= vote[1] ? most : vote), undefined);
    if (best) homes.set(node.id, best[0]);
  }
  return homes;
}

/** The angle of each node, were its ring one orbit. */
function centresOf(sectors: readonly Sector[]): Map<string, number> {
  const centres = new Map<string, number>();
  for (const { from, wide, rings } of sectors) {
    for (const ring of rings) ring.forEach((node, at) => centres.set(node.id, from + (wide * (at + 0.5)) / ring.length));
  }
  return centres;
}

interface Known {
  near: ReadonlyMap<string, readonly string[]>;
  centres: ReadonlyMap<string, number>;
  homes: ReadonlyMap<string, string>;
}

/** Fewer crossings: each node goes to the middle of its neighbours. Hosts that share a sector stay apart. */
function orderRing(sector: Sector, ring: 0 | 1, { near, centres, homes }: Known): void {
  const middle = sector.from + sector.wide / 2;
  const wanted = (node: GraphNode) => {
    const angles = (near.get(node.id) ?? []).flatMap((id) => centres.get(id) ?? []);
    if (angles.length === 0) return centres.get(node.id) ?? middle;
    const x = angles.reduce((sum, angle) => sum + Math.cos(angle - middle), 0);
    const y = angles.reduce((sum, angle) => sum + Math.sin(angle - middle), 0);
    return middle + Math.atan2(y, x);
  };
  const order = sector.rings[ring].map((node, at) => ({
    ...{ node, at },
    want: wanted(node),
    host: sector.hosts.indexOf(homes.get(node.id) ?? ''),
  }));
  order.sort((a, b) => a.host - b.host || a.want - b.want || a.at - b.at);
  sector.rings[ring] = order.map(({ node }) => node);
}

function neighbours(edges: readonly GraphEdge[]): Map<string, string[]> {
  const near = new Map<string, string[]>();
  for (const { from, to } of edges) {
    if (from === to) continue;
    for (const [one, other] of [[from, to], [to, from]] as const) {
      const known = near.get(one);
      if (known) known.push(other);
      else near.set(one, [other]);
    }
  }
  return near;
}

/** The angle that a cell takes at a radius. */
function angleOf(radius: number): number {
  return 2 * Math.asin(Math.min(1, APART / (2 * radius)));
}

function room(sector: Sector, radius: number): number {
  return Math.floor(sector.wide / angleOf(radius) + 1e-9);
}

/** Radii that hold a ring: as many as the fullest sector needs. */
function orbitsOf(sectors: readonly Sector[], ring: 1 | 2, from: number): number[] {
  const orbits: number[] = [];
  const fits = () => sectors.every((sector) => orbits.reduce((sum, radius) => sum + room(sector, radius), 0) >= (sector.rings[ring - 1]?.length ?? 0));
  for (let radius = from; !fits(); radius += APART) orbits.push(radius);
  return orbits;
}

/** Places each node of a ring by itself, a few of each sector at a time, so that no sector takes the room of another; gives the outermost radius. */
function drawNear(sectors: readonly Sector[], ring: 1 | 2, pack: Pack, border: number, before: number): number {
  let radius = border;
  const slots = sectors.flatMap(({ from, wide, rings }) => {
    const nodes = rings[ring - 1] ?? [];
    return nodes.map(({ id }, at) => ({ id, angle: from + (wide * (at + 0.5)) / nodes.length, within: [from, from + wide] as const, at }));
  });
  slots.sort((a, b) => a.at - b.at || a.angle - b.angle);
  for (const slot of slots) radius = Math.max(radius, pack.addNear(slot, slot.within, border + before));
  return radius;
}

/** Spreads nodes over the orbits in their order, so that neighbours in the order are neighbours in the drawing. */
function place(sector: Sector, nodes: readonly GraphNode[], orbits: readonly number[], slots: Slot[][]): void {
  const rooms = orbits.map((radius) => room(sector, radius));
  const all = rooms.reduce((sum, number) => sum + number, 0);
  const shares = rooms.map((number) => Math.min(number, Math.floor((nodes.length * number) / Math.max(all, 1))));
  let over = nodes.length - shares.reduce((sum, number) => sum + number, 0);
  for (let orbit = 0; over > 0; orbit = (orbit + 1) % rooms.length) {
    if ((shares[orbit] ?? 0) >= (rooms[orbit] ?? 0)) continue;
    shares[orbit] = (shares[orbit] ?? 0) + 1;
    over--;
  }
  const free = shares.flatMap((share, orbit) =>
    Array.from({ length: share }, (_, at) => ({ orbit, angle: sector.from + (sector.wide * (at + 0.5)) / share })),
  );
  free.sort((a, b) => a.angle - b.angle || a.orbit - b.orbit);
  nodes.forEach(({ id }, at) => {
    const slot = free[at];
    if (slot) slots[slot.orbit]?.push({ id, angle: slot.angle });
  });
}

/** Names of hosts on the outer edge, each where nothing else is. */
function namesOf(sectors: readonly Sector[], pack: Pack, radius: number): (Spot & { text: string })[] {
  return sectors.flatMap(({ hosts, from, wide }) => {
    const named = hosts.filter((host) => host !== '');
    const [first, second] = named;
    if (!first) return [];
    const text = second ? `${first} and ${named.length - 1} more` : first;
    return { ...pack.addName(from + wide / 2, radius, (text.length * NAME_SIGN) / 2), text };
  });
}
