// What is known of the selected node: its steps with their evidence, what led to it, and what it led to.

import { Link } from '@tanstack/react-router';
import { Fragment, useEffect, useRef, type ReactNode } from 'react';

import { Badge, Severity } from '../../../ui/Badge';
import { Button, IconButton } from '../../../ui/Button';
import { count, words } from '../../../ui/text';
import { Value, Values } from '../../../ui/Value';
import { Moment } from '../../../ui/When';
import { eventId } from '../story/evidence';
import { DRAWN_MAX } from './gather';
import { kindMark, RINGS } from './marks';
import type { Graph, GraphEdge, GraphNode } from './model';

/** So many of a long list are shown; the table has all. */
const SHOWN_MAX = 40;

interface SideProps {
  id: string;
  graph: Graph;
  node: GraphNode;
  /** The gathered node it is drawn in. */
  pile: string | undefined;
  /** Gathered nodes that were opened. */
  open: ReadonlySet<string>;
  path: readonly number[] | undefined;
  isDone: (step: number) => boolean;
  select: (node: string | undefined) => void;
  toggle: (pile: string) => void;
}

export function Side({ id, graph, node, pile, open, path, isDone, select, toggle }: SideProps) {
  const steps = node.steps.flatMap((index) => graph.edges[index] ?? []).filter((edge) => isDone(edge.index));
  const own = new Set(node.holds.length > 0 ? node.holds : [node.id]);
  const before = steps.filter((edge) => own.has(edge.to) && !own.has(edge.from));
  const after = steps.filter((edge) => own.has(edge.from) && !own.has(edge.to));
  const panel = useFocus(node.id);
  const close = () => {
    select(undefined);
    document.querySelector<SVGElement | HTMLElement>('.graph-node[tabindex="0"], .graph-list [role="row"][tabindex="0"]')?.focus();
  };
  return (
    <section
      ref={panel}
      className="card graph-side"
      aria-labelledby="graph-side"
      tabIndex={-1}
      onKeyDown={(event) => event.key === 'Escape' && close()}
    >
      <header>
        <h3 id="graph-side" className="grow wrap">
          {kindMark(node.kind).word}
        </h3>
        <Badge>{RINGS[node.ring]}</Badge>
        <IconButton icon="close" label="Close" onPress={close} />
      </header>
      <div className="body stack">
        <Facts node={node} />
        {pile !== undefined && <p>It is drawn as a part of “{pile}”.</p>}
        {pile !== undefined && <Open pile={pile} isOpen={open.has(pile)} toggle={toggle} />}
        {node.holds.length > 0 && <Open pile={node.id} isOpen={open.has(node.id)} toggle={toggle} />}
        {node.holds.length > 0 && <Held id={id} graph={graph} node={node} />}
        <Path id={id} graph={graph} node={node} path={path} />
        <Ways id={id} graph={graph} title="What led to it" edges={before} end="from" />
        <Ways id={id} graph={graph} title="What it led to" edges={after} end="to" />
        <Steps edges={steps} isHost={node.kind === 'host'} />
      </div>
    </section>
  );
}

/** Who opened a node with a key goes on in the panel; who clicked stays. A link in the panel that is gone leaves the panel. */
function useFocus(id: string) {
  const panel = useRef<HTMLElement>(null);
  const shown = useRef<string>(undefined);
  useEffect(() => {
    const active = document.activeElement;
    const byKey = active?.matches('.graph-node:focus-visible, .grid-row:focus-visible') ?? false;
    const isLost = shown.current !== undefined && shown.current !== id && active === document.body;
    if (byKey || isLost) panel.current?.focus({ preventScroll: true });
    shown.current = id;
  }, [id]);
  return panel;
}

function Facts({ node }: { node: GraphNode }) {
  const facts: [string, ReactNode][] = [['Name', node.holds.length > 0 ? node.name : <Value text={node.name} />]];
  if (node.host) facts.push(['Host', <Value text={node.host} />]);
  if (node.facts.length > 0) facts.push(['Known as', node.facts.join(', ')]);
  if (node.first !== undefined) facts.push(['First seen', <Moment at={new Date(node.first).toISOString()} />]);
  if (node.last !== undefined && node.last !== node.first) facts.push(['Last seen', <Moment at={new Date(node.last).toISOString()} />]);
  if (node.response) {
    const isCut = node.response === 'cut';
    facts.push(['Response', <Badge tone={isCut ? 'good' : 'warn'}>{isCut ? 'Cut off by the response' : 'Still held by the intruder'}</Badge>]);
  }
  if (node.kind === 'affected') facts.push(['Response', 'Depends on something that the response touches']);
  if (node.level) facts.push(['Worst alert', <Severity level={node.level} />]);
  if (node.alerts.length > 0) facts.push(['Alerts', <List all={node.alerts} />]);
  if (node.techniques.length > 0) facts.push(['Techniques', <Values all={node.techniques} most={12} />]);
  return (
    <dl className="facts">
      {facts.map(([name, value], index) => (
        <Fragment key={index}>
          <dt>{name}</dt>
          <dd className="wrap">{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

function List({ all }: { all: readonly string[] }) {
  return (
    <ul>
      {all.map((text) => (
        <li key={text} className="wrap">
          {text}
        </li>
      ))}
    </ul>
  );
}

/** Draws what was gathered node by node, as far as there is room. */
function Open({ pile, isOpen, toggle }: { pile: string; isOpen: boolean; toggle: (pile: string) => void }) {
  return (
    <div className="stack tight">
      {isOpen && <p className="soft">No more of them are drawn, as {DRAWN_MAX} nodes are the most that is drawn. The table has all.</p>}
      <div>
        <Button onPress={() => toggle(pile)}>{isOpen ? 'Gather all of them again' : 'Draw each by itself'}</Button>
      </div>
    </div>
  );
}

function Held({ id, graph, node }: { id: string; graph: Graph; node: GraphNode }) {
  return (
    <div className="stack tight">
      <h4>It stands for {count(node.holds.length, 'node')}</h4>
      <ul className="stack tight">
        {node.holds.slice(0, SHOWN_MAX).map((held) => (
          <li key={held}>
            <To id={id} graph={graph} node={held} />
          </li>
        ))}
      </ul>
      <More all={node.holds.length} />
    </div>
  );
}

function Path({ id, graph, node, path }: { id: string; graph: Graph; node: GraphNode; path: readonly number[] | undefined }) {
  if (node.id === graph.entry) return <p className="soft">The intrusion began here.</p>;
  if (path === undefined) return <p className="soft">No steps lead here from the root cause. It is in the scope, or came before.</p>;
  const edges = path.flatMap((index) => graph.edges[index] ?? []);
  return (
    <div className="stack tight">
      <h4>Way from the root cause: {count(edges.length, 'step')}</h4>
      <ol className="stack tight small">
        <li>
          <To id={id} graph={graph} node={graph.entry} />
        </li>
        {edges.map((edge) => (
          <li key={edge.index} className="wrap">
            {edge.action} <To id={id} graph={graph} node={edge.to} /> {edge.inferred && <Badge tone="warn">Inferred</Badge>}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Ways({ id, graph, title, edges, end }: { id: string; graph: Graph; title: string; edges: readonly GraphEdge[]; end: 'from' | 'to' }) {
  if (edges.length === 0) return null;
  return (
    <div className="stack tight">
      <h4>{title}</h4>
      <ul className="stack tight small">
        {edges.slice(0, SHOWN_MAX).map((edge) => (
          <li key={edge.index} className="wrap">
            {end === 'to' && `${edge.action} `}
            <To id={id} graph={graph} node={edge[end]} />
            {end === 'from' && ` ${edge.action}`}
          </li>
        ))}
      </ul>
      <More all={edges.length} />
    </div>
  );
}

function Steps({ edges, isHost }: { edges: readonly GraphEdge[]; isHost: boolean }) {
  return (
    <div className="stack tight">
      <h4>{isHost ? 'Steps on it' : 'Its steps'}</h4>
      {edges.length === 0 && <p className="soft">No step until this time names it.</p>}
      <ol className="stack">
        {edges.slice(0, SHOWN_MAX).map((edge) => (
          <Step key={edge.index} edge={edge} />
        ))}
      </ol>
      <More all={edges.length} />
    </div>
  );
}

function Step({ edge }: { edge: GraphEdge }) {
  return (
    <li className="stack tight small">
      <div className="row soft">
        {edge.time && <Moment at={edge.time} />}
        {edge.inferred && <Badge tone="warn">Inferred</Badge>}
      </div>
      <p className="wrap">{words(edge.action)}</p>
      {edge.detail && <p className="mono soft wrap">{edge.detail}</p>}
      {edge.why && <p className="soft">{edge.why}</p>}
      <div className="row">
        {edge.alerts.map((alert) => (
          <Badge key={alert} tone="bad" icon="alert">
            {alert}
          </Badge>
        ))}
        {edge.evidence.slice(0, 3).map((record, index) => (
          <Link key={index} to="/hunt" search={{ event: eventId(record) }}>
            Record {record.record} of {record.source}
          </Link>
        ))}
        {edge.evidence.length > 3 && <span className="soft">and {edge.evidence.length - 3} more</span>}
      </div>
    </li>
  );
}

/** A link that selects a node. */
function To({ id, graph, node }: { id: string; graph: Graph; node: string }) {
  const known = graph.byId.get(node);
  return (
    <Link className="wrap" to="/incidents/$id/graph" params={{ id }} search={(before) => ({ ...before, node })} resetScroll={false}>
      {known ? `${known.name}${known.host ? ` on ${known.host}` : ''}` : node}
    </Link>
  );
}

function More({ all }: { all: number }) {
  return all > SHOWN_MAX ? <p className="soft small">and {all - SHOWN_MAX} more, in the table</p> : null;
}
