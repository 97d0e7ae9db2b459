// The graph as two lists that do the same as the drawing: sorted as one likes, and what is chosen opens beside.

import { useMemo, useState } from 'react';

import { Badge, Severity } from '../../../ui/Badge';
import { Check, Choice } from '../../../ui/Field';
import { Grid, type Column } from '../../../ui/Grid';
import { useSettings } from '../../../ui/settings';
import { count, moment } from '../../../ui/text';
import { kindMark, RINGS } from './marks';
import type { Graph, GraphEdge, GraphNode } from './model';
import { briefly } from './shapes';

interface NodeTableProps {
  nodes: readonly GraphNode[];
  selected: string | undefined;
  select: (id: string) => void;
}

const NODE_ORDERS = [
  ['ring', 'Ring'],
  ['kind', 'Kind'],
  ['name', 'Name'],
  ['host', 'Host'],
  ['first', 'First seen'],
  ['last', 'Last seen'],
  ['steps', 'Number of steps'],
  ['level', 'Alerts'],
] as const;
type NodeOrder = (typeof NODE_ORDERS)[number][0];

const EDGE_ORDERS = [
  ['time', 'Time'],
  ['from', 'Who'],
  ['action', 'Action'],
  ['to', 'On what'],
  ['host', 'Host'],
  ['evidence', 'Number of records'],
] as const;
type EdgeOrder = (typeof EDGE_ORDERS)[number][0];

const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'];

export function NodeTable({ nodes, selected, select }: NodeTableProps) {
  const { zone } = useSettings();
  const { rows, fields } = useOrder(nodes, NODE_ORDERS, 'ring', nodeKey);
  const columns = useMemo<Column<GraphNode>[]>(() => {
    const time = (at: number | undefined) => (at === undefined ? '' : moment(new Date(at).toISOString(), zone));
    return [
      { name: 'Name', width: 'minmax(14rem, 3fr)', show: (node) => <Name node={node} /> },
      { name: 'Kind', width: '6.5rem', show: (node) => kindMark(node.kind).word },
      { name: 'Ring', width: '9.5rem', show: (node) => RINGS[node.ring] },
      { name: 'Host', width: 'minmax(6rem, 1fr)', show: (node) => node.host ?? '' },
      { name: 'First seen', width: '12rem', show: (node) => time(node.first) },
      { name: 'Last seen', width: '12rem', show: (node) => time(node.last) },
      { name: 'Steps', width: '4rem', show: (node) => node.steps.length },
      { name: 'Alerts', width: '8.5rem', show: (node) => node.level && <Severity level={node.level} /> },
    ];
  }, [zone]);
  return (
    <section className="card graph-list" aria-labelledby="graph-nodes">
      <header>
        <h3 id="graph-nodes" className="grow">
          {count(nodes.length, 'node')}
        </h3>
        {fields}
      </header>
      <Grid
        label="Nodes"
        {...{ rows, columns }}
        id={(node) => node.id}
        open={(node) => select(node.id)}
        current={selected}
        total={nodes.length}
        empty="No node is there at this time. Move the time on."
      />
    </section>
  );
}

interface EdgeTableProps extends Omit<NodeTableProps, 'nodes'> {
  edges: readonly GraphEdge[];
  graph: Graph;
}

/** Choosing a step opens what it acted on. */
export function EdgeTable({ edges, graph, selected, select }: EdgeTableProps) {
  const { zone } = useSettings();
  const keyOf = useMemo(() => edgeKey(graph), [graph]);
  const { rows, fields } = useOrder(edges, EDGE_ORDERS, 'time', keyOf);
  const columns = useMemo<Column<GraphEdge>[]>(() => {
    const name = (id: string) => {
      const node = graph.byId.get(id);
      return node ? <Name node={node} /> : id;
    };
    return [
      { name: 'Time', width: '12rem', show: (edge) => (edge.time ? moment(edge.time, zone) : '') },
      { name: 'Who', width: 'minmax(8rem, 2fr)', show: (edge) => name(edge.from) },
      { name: 'Action', width: 'minmax(8rem, 1fr)', show: (edge) => edge.action },
      { name: 'On what', width: 'minmax(8rem, 2fr)', show: (edge) => name(edge.to) },
      { name: 'Host', width: 'minmax(6rem, 1fr)', show: (edge) => edge.host ?? '' },
      { name: 'Records', width: '4.5rem', show: (edge) => edge.evidence.length },
      { name: 'Marks', width: '11rem', show: (edge) => <Marks edge={edge} /> },
    ];
  }, [graph, zone]);
  const current = edges.find((edge) => edge.to === selected)?.index;
  return (
    <section className="card graph-list" aria-labelledby="graph-edges">
      <header>
        <h3 id="graph-edges" className="grow">
          {count(edges.length, 'step')}
        </h3>
        {fields}
      </header>
      <Grid
        label="Steps"
        {...{ rows, columns }}
        id={(edge) => String(edge.index)}
        open={(edge) => select(edge.to)}
        current={current === undefined ? undefined : String(current)}
        total={edges.length}
        empty="No step was done by this time. Move the time on."
      />
    </section>
  );
}

/** What tells it from others first: the end of a path would be cut off. */
function Name({ node }: { node: GraphNode }) {
  const { name, rest } = briefly(node);
  const isWhole = name === node.name;
  return (
    <span title={node.name}>
      {name}
      {rest} {!isWhole && <span className="soft small">{node.name}</span>}
    </span>
  );
}

function Marks({ edge }: { edge: GraphEdge }) {
  return (
    <>
      {edge.inferred && <Badge tone="warn">Inferred</Badge>}
      {edge.alerts.length > 0 && (
        <Badge tone="bad" icon="alert">
          {count(edge.alerts.length, 'alert')}
        </Badge>
      )}
    </>
  );
}

function useOrder<Row, Order extends string>(
  all: readonly Row[],
  orders: readonly (readonly [Order, string])[],
  first: Order,
  keyOf: (row: Row, order: Order) => string | number,
) {
  const [order, setOrder] = useState<Order>(first);
  const [isReversed, setReversed] = useState(false);
  const rows = useMemo(() => {
    const keyed = all.map((row, at) => ({ row, at, key: keyOf(row, order) }));
    keyed.sort((a, b) => (isReversed ? -1 : 1) * (compare(a.key, b.key) || a.at - b.at));
    return keyed.map(({ row }) => row);
  }, [all, order, isReversed, keyOf]);
  const fields = (
    <>
      <Choice label="Sort by" value={order} onChange={setOrder} options={orders} />
      <Check label="Last first" checked={isReversed} onChange={setReversed} />
    </>
  );
  return { rows, fields };
}

function compare(one: string | number, other: string | number): number {
  if (typeof one === 'number' && typeof other === 'number') return one === other ? 0 : one < other ? -1 : 1;
  return String(one).localeCompare(String(other), 'en');
}

function nodeKey(node: GraphNode, order: NodeOrder): string | number {
  switch (order) {
    case 'ring':
      return node.ring;
    case 'kind':
      return kindMark(node.kind).word;
    case 'name':
      return node.name;
    case 'host':
      return node.host ?? '';
    case 'first':
      return node.first ?? Infinity;
    case 'last':
      return node.last ?? Infinity;
    case 'steps':
      return node.steps.length;
    case 'level':
      return LEVELS.indexOf(node.level ?? '');
  }
}

function edgeKey(graph: Graph): (edge: GraphEdge, order: EdgeOrder) => string | number {
  const name = (id: string) => graph.byId.get(id)?.name ?? id;
  return (edge, order) => {
    switch (order) {
      case 'time':
        return edge.at ?? Infinity;
      case 'from':
      case 'to':
        return name(edge[order]);
      case 'action':
        return edge.action;
      case 'host':
        return edge.host ?? '';
      case 'evidence':
        return edge.evidence.length;
    }
  };
}
