// How the intruder came to a node. Pure.

import type { Graph, GraphEdge } from './model';

/** Indices of the steps from the entry to a node; nothing where no steps lead there. The earliest of the shortest ways. */
export function pathTo(graph: Graph, target: string): number[] | undefined {
  const ways = byBeginning(graph.edges);
  const came = new Map<string, GraphEdge | undefined>([[graph.entry, undefined]]);
  const waiting = [graph.entry];
  for (let at = waiting.shift(); at !== undefined && !came.has(target); at = waiting.shift()) {
    for (const edge of ways.get(at) ?? []) {
      if (came.has(edge.to)) continue;
      came.set(edge.to, edge);
      waiting.push(edge.to);
    }
  }
  if (!came.has(target)) return undefined;
  const path: number[] = [];
  for (let edge = came.get(target); edge; edge = came.get(edge.from)) path.unshift(edge.index);
  return path;
}

/** The node whose path stands for one that no step ends at: the first that was reached on a host. */
export function reachedAs(graph: Graph, id: string): string {
  const node = graph.byId.get(id);
  if (node?.kind !== 'host') return id;
  const first = graph.edges.find((edge) => edge.host === node.name);
  return first ? first.to : id;
}

function byBeginning(edges: readonly GraphEdge[]): Map<string, GraphEdge[]> {
  const all = new Map<string, GraphEdge[]>();
  for (const edge of edges) {
    if (edge.from === edge.to) continue;
    const known = all.get(edge.from);
    if (known) known.push(edge);
    else all.set(edge.from, [edge]);
  }
  return all;
}
