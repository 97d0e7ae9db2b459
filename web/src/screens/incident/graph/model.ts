// The graph of an incident out of its story: nodes are entities, edges are steps. Pure: the same story gives the same graph.
// It adds nothing to what the story says; a node that no step names has no edges and no time.

import type { Api } from '../../../api/client';
import type { Level } from '../../../ui/Badge';
import { words } from '../../../ui/text';
import type { Ring } from './marks';

export interface GraphNode {
  id: string;
  kind: string;
  name: string;
  host: string | undefined;
  ring: Ring;
  /** Times of its first and last step, in milliseconds. */
  first: number | undefined;
  last: number | undefined;
  /** Indices of the steps that name it. For a host, also those that happened on it. */
  steps: number[];
  alerts: string[];
  techniques: string[];
  level: Level | undefined;
  /** What else is known of it: what an endpoint was used for, what was done to a resource. */
  facts: string[];
  /** What the response does to it. */
  response: 'cut' | 'left' | undefined;
  /** Nodes that this one stands for. */
  holds: readonly string[];
}

export interface GraphEdge {
  index: number;
  from: string;
  to: string;
  time: string | undefined;
  at: number | undefined;
  action: string;
  host: string | undefined;
  detail: string | undefined;
  evidence: Api['StoryAlertEvent'][];
  alerts: string[];
  techniques: string[];
  inferred: boolean;
  why: string | undefined;
}

export interface Graph {
  entry: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
  byId: ReadonlyMap<string, GraphNode>;
}

const LEVELS: readonly Level[] = ['informational', 'low', 'medium', 'high', 'critical'];
/** Kinds that exist on one host only: two with one name on two hosts are two. */
const ON_HOST = new Set(['process', 'file', 'session', 'service', 'setting']);
/** Kinds that can be in the intruder's hands and act; whatever else is named was reached. */
const ACTS = new Set(['process', 'session', 'credential', 'principal', 'host', 'container', 'service', 'resource', 'file']);

export function graphOf(story: Api['Story'], radius?: Api['Radius']): Graph {
  const builder = new Builder(story);
  const entry = builder.entry();
  story.root_cause.chain.forEach((step, index) => builder.step(step, index));
  builder.scope();
  if (radius) builder.response(radius);
  const nodes = builder.finish(entry);
  return { entry, nodes, edges: builder.edges, byId: new Map(nodes.map((node) => [node.id, node])) };
}

export function nodeId(kind: string, name: string, host: string | undefined): string {
  return host ? `${kind}:${name} on ${host}` : `${kind}:${name}`;
}

/** The more serious of two. */
export function worse(one: Level | undefined, other: Level | undefined): Level | undefined {
  if (!one || !other) return one ?? other;
  return LEVELS.indexOf(one) > LEVELS.indexOf(other) ? one : other;
}

class Builder {
  readonly edges: GraphEdge[] = [];
  private readonly nodes = new Map<string, GraphNode>();
  /** By kind and name, in the order of their finding. */
  private readonly named = new Map<string, GraphNode[]>();
  private readonly levels = new Map<string, Level>();

  constructor(private readonly story: Api['Story']) {
    for (const { rule } of story.alerts) {
      const level = LEVELS.find((known) => known === rule.level);
      const worst = worse(level, this.levels.get(rule.title));
      if (worst) this.levels.set(rule.title, worst);
    }
  }

  /** The node in the middle. */
  entry(): string {
    const { entry } = this.story.root_cause;
    const process = entry.process ? named(entry.process) : undefined;
    const byKind: Record<string, string | null | undefined> = {
      url: entry.url,
      file: entry.file,
      process,
      principal: entry.principal,
      credential: entry.credential,
      endpoint: entry.address,
      host: entry.host,
    };
    const name = byKind[entry.kind] ?? entry.url ?? entry.file ?? process ?? entry.credential ?? entry.principal ?? entry.address ?? entry.host;
    const node = this.node(entry.kind, name ?? 'Unknown', entry.host ?? undefined, 0);
    const at = timeOf(entry.time);
    if (at !== undefined) seen(node, at);
    return node.id;
  }

  step(step: Api['StoryStep'], index: number): void {
    const host = step.host ?? undefined;
    // The host of a step is where it had effect; who acted may have been found on another before.
    const known = this.named.get(key(step.source_kind, step.source)) ?? [];
    const from = known.find((node) => node.host === host) ?? known.at(-1) ?? this.node(step.source_kind, step.source, host, 2);
    const to = this.node(step.target_kind, step.target, host, 2);
    if (ACTS.has(from.kind)) from.ring = nearer(from.ring, 1);
    if (to.kind === 'session') to.ring = nearer(to.ring, 1);
    const at = timeOf(step.time);
    const edge: GraphEdge = {
      index,
      from: from.id,
      to: to.id,
      time: step.time ?? undefined,
      at,
      action: step.action,
      host,
      detail: step.detail ?? undefined,
      evidence: step.evidence,
      alerts: step.alerts,
      techniques: step.techniques,
      inferred: step.inferred,
      why: step.inferred_why ?? undefined,
    };
    this.edges.push(edge);
    const place = host === undefined ? undefined : this.node('host', host, undefined, 2);
    for (const node of new Set([from, to, place])) if (node) this.note(node, edge);
  }

  scope(): void {
    const { scope, endpoints } = this.story;
    for (const name of scope.hosts) this.node('host', name, undefined, 1);
    for (const name of scope.principals) this.node('principal', name, undefined, 1);
    for (const name of scope.credentials) this.node('credential', name, undefined, 1);
    for (const process of scope.processes) this.node('process', named(process), process.host, 1);
    // Files and resources are told without their host: those that the steps name are known already.
    for (const name of scope.files) if (!this.named.has(key('file', name))) this.node('file', name, undefined, 2);
    for (const { kind, name, how } of scope.resources) {
      const known = this.named.get(key(kind, name)) ?? [this.node(kind, name, undefined, 2)];
      for (const node of known) fact(node, words(how));
    }
    for (const { address, port, role } of endpoints) {
      const name = port ? `${address}:${port}` : address;
      const url = this.story.root_cause.entry;
      // The place of a download is told as its web address where there is one.
      if (role === 'delivery' && url.url && url.address === address) fact(this.node('url', url.url, undefined, 2), words(role));
      else fact(this.node('endpoint', name, undefined, 2), words(role));
    }
  }

  response({ cut, left, affects }: Api['Radius']): void {
    for (const [all, what] of [[cut, 'cut'], [left, 'left']] as const) {
      for (const { kind, name } of all) {
        for (const node of this.nodes.values()) if (node.kind === kind && isOf(node, name)) node.response = what;
      }
    }
    for (const name of affects) this.node('affected', name, undefined, 2);
  }

  finish(entry: string): GraphNode[] {
    const nodes = [...this.nodes.values()];
    for (const node of nodes) {
      if (node.id === entry) node.ring = 0;
      else if (node.ring === 0) node.ring = 1;
    }
    return nodes;
  }

  private node(kind: string, name: string, host: string | undefined, ring: Ring): GraphNode {
    const where = ON_HOST.has(kind) ? host : undefined;
    const id = nodeId(kind, name, where);
    const known = this.nodes.get(id);
    if (known) {
      known.ring = nearer(known.ring, ring);
      return known;
    }
    const node: GraphNode = {
      ...{ id, kind, name, host: where, ring, steps: [], alerts: [], techniques: [], facts: [], holds: [] },
      ...{ first: undefined, last: undefined, level: undefined, response: undefined },
    };
    this.nodes.set(id, node);
    const twins = this.named.get(key(kind, name));
    if (twins) twins.push(node);
    else this.named.set(key(kind, name), [node]);
    return node;
  }

  private note(node: GraphNode, edge: GraphEdge): void {
    node.steps.push(edge.index);
    if (edge.at !== undefined) seen(node, edge.at);
    // An alert on a step is about what was done, so it marks what it was done to, and who did it if that is all there is.
    if (node.id !== edge.to && node.kind !== 'host') return;
    for (const alert of edge.alerts) {
      if (!node.alerts.includes(alert)) node.alerts.push(alert);
      node.level = worse(node.level, this.levels.get(alert));
    }
    for (const technique of edge.techniques) if (!node.techniques.includes(technique)) node.techniques.push(technique);
  }
}

function named({ image, pid }: Api['StoryProcessRef']): string {
  return pid === null || pid === undefined ? image : `${image} (pid ${pid})`;
}

/** Whether a node is what the response names; ports are no part of its names. */
function isOf(node: GraphNode, name: string): boolean {
  return node.name === name || (node.kind === 'endpoint' && node.name.startsWith(`${name}:`));
}

function key(kind: string, name: string): string {
  return `${kind}:${name}`;
}

function timeOf(text: string | null | undefined): number | undefined {
  const at = text ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : at;
}

function nearer(one: Ring, other: Ring): Ring {
  return one < other ? one : other;
}

function seen(node: GraphNode, at: number): void {
  node.first = Math.min(node.first ?? at, at);
  node.last = Math.max(node.last ?? at, at);
}

function fact(node: GraphNode, text: string): void {
  if (!node.facts.includes(text)) node.facts.push(text);
}
