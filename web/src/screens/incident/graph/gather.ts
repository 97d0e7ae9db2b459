// Keeps the drawing small: beyond so many nodes, processes and files of one host become one node that can be opened. Pure.
// It never hides the entry, and says in the name of each such node how many it holds.

import type { Level } from '../../../ui/Badge';
import { kindMark } from './marks';
import { worse, type Graph, type GraphEdge, type GraphNode } from './model';

export const DRAWN_MAX = 300;

export interface Drawn extends Graph {
  /** Which node stands for a node that is not drawn by itself. */
  standIn: ReadonlyMap<string, string>;
}

/** The graph as it is drawn; `open` are gathered nodes that somebody opened. */
export function gather(graph: Graph, open: ReadonlySet<string>, most = DRAWN_MAX): Drawn {
  const held = new Map<string, GraphNode[]>();
  let left = graph.nodes.length;
  const take = (id: string, members: GraphNode[], number: number) => {
    if (number < 2) return;
    held.set(id, members.slice(members.length - number));
    left -= number - 1;
  };
  const free = new Set(graph.nodes.filter((node) => node.id !== graph.entry));
  const ofHosts = buckets(free, (node) => (node.host && (node.kind === 'process' || node.kind === 'file') ? `every ${node.kind} on ${node.host}` : undefined));
  for (const [id, members] of ofHosts) if (left > most && !open.has(id)) take(id, members, members.length);
  // Where that is not enough, what was opened is drawn as far as there is room, and then the rest is gathered by kind.
  for (const [id, members] of ofHosts) if (left > most && !held.has(id)) take(id, members, Math.min(members.length, left - most + 1));
  for (const members of held.values()) for (const node of members) free.delete(node);
  const ofKinds = buckets(free, (node) => (node.ring === 0 ? undefined : `all of kind ${node.kind}`));
  for (const [id, members] of ofKinds) if (left > most) take(id, members, Math.min(members.length, left - most + 1));
  return withHeld(graph, held);
}

/** Largest first, each by time, so that what came last is gathered first. */
function buckets(nodes: Iterable<GraphNode>, idOf: (node: GraphNode) => string | undefined): [string, GraphNode[]][] {
  const all = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    const id = idOf(node);
    if (id === undefined) continue;
    const members = all.get(id);
    if (members) members.push(node);
    else all.set(id, [node]);
  }
  for (const members of all.values()) members.sort((one, other) => (one.first ?? Infinity) - (other.first ?? Infinity));
  return [...all].sort(([, one], [, other]) => other.length - one.length);
}

function withHeld(graph: Graph, held: ReadonlyMap<string, GraphNode[]>): Drawn {
  const standIn = new Map<string, string>();
  for (const [id, members] of held) for (const node of members) standIn.set(node.id, id);
  const nodes = graph.nodes.filter((node) => !standIn.has(node.id));
  for (const [id, members] of held) nodes.push(pile(id, members));
  const end = (id: string) => standIn.get(id) ?? id;
  const edges: GraphEdge[] = graph.edges.map((edge) => ({ ...edge, from: end(edge.from), to: end(edge.to) }));
  return { entry: graph.entry, nodes, edges, byId: new Map(nodes.map((node) => [node.id, node])), standIn };
}

function pile(id: string, members: GraphNode[]): GraphNode {
  const [one] = members;
  const kind = one?.kind ?? 'resource';
  const hosts = new Set(members.map((node) => node.host));
  const times = (pick: 'first' | 'last') => members.flatMap((node) => node[pick] ?? []);
  const least = (all: number[], better: (a: number, b: number) => number) => (all.length > 0 ? all.reduce((a, b) => better(a, b)) : undefined);
  return {
    id,
    kind,
    name: `${members.length} × ${kindMark(kind).word.toLowerCase()}`,
    host: hosts.size === 1 ? one?.host : undefined,
    ring: members.some((node) => node.ring === 1) ? 1 : 2,
    first: least(times('first'), Math.min),
    last: least(times('last'), Math.max),
    steps: [...new Set(members.flatMap((node) => node.steps))].sort((a, b) => a - b),
    alerts: [...new Set(members.flatMap((node) => node.alerts))],
    techniques: [...new Set(members.flatMap((node) => node.techniques))],
    level: members.reduce<Level | undefined>((level, node) => worse(level, node.level), undefined),
    facts: [],
    response: undefined,
    holds: members.map((node) => node.id),
  };
}
