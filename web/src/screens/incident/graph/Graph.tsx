// The graph of an incident: how the intruder came in, what is in the intruder's hands, and what was reached from there.
// What is looked at stands in the address: the node, the time, and whether it is drawn or listed.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';

import { Problem, type Api } from '../../../api/client';
import { radiusQuery, storyQuery } from '../../../api/queries';
import { Button } from '../../../ui/Button';
import { Empty, Found } from '../../../ui/State';
import { count } from '../../../ui/text';
import { Drawing } from './Drawing';
import { saveDrawing } from './file';
import { DRAWN_MAX, gather, type Drawn } from './gather';
import { ringsOf, sequenceOf } from './layout';
import { Legend } from './Legend';
import { graphOf, type Graph, type GraphNode } from './model';
import { linesOf } from './shapes';
import { Side } from './Side';
import { EdgeTable, NodeTable } from './Tables';
import { Time } from './Time';
import { pathTo, reachedAs } from './walk';
import './graph.css';

const route = getRouteApi('/shell/incidents/$id/graph');

const VIEWS = [
  ['rings', 'Rings'],
  ['sequence', 'Sequence'],
  ['table', 'Table'],
] as const;
type View = (typeof VIEWS)[number][0];

export default function GraphScreen() {
  const { id } = route.useParams();
  const { as_of } = route.useSearch();
  const query = useQuery(storyQuery(id, as_of));
  const radius = useRadius(id, as_of);
  if (query.data === undefined && query.error instanceof Problem && query.error.status === 404) {
    return (
      <Empty title="No story was worked out for this incident">
        <p>A graph is drawn of the story. This incident was opened by hand or brought in, or its events are not stored here.</p>
      </Empty>
    );
  }
  return <Found query={query}>{(story) => <Shown key={story.id} story={story} radius={radius} id={id} />}</Found>;
}

/** What the intruder holds now; nothing while an earlier time is looked at. */
function useRadius(id: string, as_of: string | undefined): Api['Radius'] | undefined {
  const { data } = useQuery({ ...radiusQuery(id), enabled: as_of === undefined });
  return as_of === undefined ? data : undefined;
}

function Shown({ story, radius, id }: { story: Api['Story']; radius: Api['Radius'] | undefined; id: string }) {
  const { node: selected, until, view: asked } = route.useSearch();
  const navigate = useNavigate();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const view: View = VIEWS.find(([name]) => name === asked)?.[0] ?? 'rings';
  const graph = useMemo(() => graphOf(story, radius), [story, radius]);
  const drawn = useMemo(() => gather(graph, open), [graph, open]);
  const change = useCallback(
    (given: { node?: string; until?: string; view?: string }, replace = false) =>
      void navigate({ to: '/incidents/$id/graph', params: { id }, search: (before) => ({ ...before, ...given }), replace, resetScroll: false }),
    [navigate, id],
  );
  const select = useCallback((node: string | undefined) => change({ node }), [change]);
  const showTime = useCallback((time: string | undefined) => change({ until: time }, true), [change]);
  const { isThere, isDone } = useTime(graph, until);
  const path = useMemo(() => pathOf(graph, selected, drawn), [graph, selected, drawn]);
  const node = selected === undefined ? undefined : (graph.byId.get(selected) ?? drawn.byId.get(selected));
  const toggle = (pile: string) => setOpen((before) => new Set(before.has(pile) ? [...before].filter((each) => each !== pile) : [...before, pile]));
  return (
    <section className="stack" aria-labelledby="graph-title">
      <div className="row spread">
        <h2 id="graph-title">Graph</h2>
        <span className="soft small grow">
          {count(graph.nodes.length, 'node')}, {count(graph.edges.length, 'step')}
          {graph.nodes.length > DRAWN_MAX && `. At most ${DRAWN_MAX} nodes are drawn: processes and files of one host are gathered. The table has all.`}
        </span>
        <div className="row" role="group" aria-label="How the graph is shown">
          {VIEWS.map(([name, text]) => (
            <Button key={name} aria-pressed={view === name} onPress={() => change({ view: name === 'rings' ? undefined : name })}>
              {text}
            </Button>
          ))}
        </div>
      </div>
      <Time edges={graph.edges} until={until} show={showTime} />
      <div className={node ? 'graph-parts beside' : 'graph-parts'}>
        {view === 'table' ? (
          <Tables graph={graph} isThere={isThere} isDone={isDone} selected={selected} select={select} />
        ) : (
          <Picture key={view} {...{ story, drawn, view, isThere, isDone, path: path ?? NO_PATH, select, open, toggle }} selected={selected && (drawn.standIn.get(selected) ?? selected)} />
        )}
        {node && <Side {...{ id, graph, node, open, path, select, toggle }} pile={drawn.standIn.get(node.id)} isDone={isDone} />}
        {selected !== undefined && !node && (
          <p className="notice warn" role="status">
            The selected node is not in the story as it is now. <Button onPress={() => select(undefined)}>Select nothing</Button>
          </p>
        )}
      </div>
    </section>
  );
}

const NO_PATH: readonly number[] = [];

interface PictureProps {
  story: Api['Story'];
  drawn: Drawn;
  view: View;
  isThere: (node: GraphNode) => boolean;
  isDone: (step: number) => boolean;
  selected: string | undefined;
  path: readonly number[];
  select: (id: string) => void;
  open: ReadonlySet<string>;
  toggle: (pile: string) => void;
}

function Picture({ story, drawn, view, isThere, isDone, selected, path, select, open, toggle }: PictureProps) {
  const layout = useMemo(() => (view === 'sequence' ? sequenceOf(drawn) : ringsOf(drawn)), [drawn, view]);
  const lines = useMemo(() => linesOf(drawn, layout), [drawn, layout]);
  const onPath = useMemo(() => new Set(path), [path]);
  const save = () =>
    saveDrawing({
      title: story.title,
      name: `graph-${story.id}.svg`,
      nodes: drawn.nodes.filter(isThere),
      lines: lines.filter((line) => line.steps.some(isDone)),
      layout,
    });
  return (
    <div className="card graph-card">
      <Drawing nodes={drawn.nodes} entry={drawn.entry} {...{ lines, layout, isThere, isDone, selected, path: onPath, select }}>
        <Button icon="down" onPress={save}>
          Save as SVG
        </Button>
        {[...open].map((pile) => (
          <Button key={pile} onPress={() => toggle(pile)}>
            Gather {pile}
          </Button>
        ))}
      </Drawing>
      <Legend />
    </div>
  );
}

function Tables({ graph, isThere, isDone, selected, select }: { graph: Graph } & Pick<PictureProps, 'isThere' | 'isDone' | 'selected' | 'select'>) {
  const nodes = useMemo(() => graph.nodes.filter(isThere), [graph, isThere]);
  const edges = useMemo(() => graph.edges.filter((edge) => isDone(edge.index)), [graph, isDone]);
  return (
    <div className="stack">
      <NodeTable nodes={nodes} selected={selected} select={select} />
      <EdgeTable edges={edges} graph={graph} selected={selected} select={select} />
    </div>
  );
}

/** What had happened by a time. What no step names has no time, and is there only when all is. */
function useTime(graph: Graph, until: string | undefined) {
  return useMemo(() => {
    const end = until === undefined ? NaN : Date.parse(until);
    if (Number.isNaN(end)) return { isThere: () => true, isDone: () => true };
    return {
      isThere: (node: GraphNode) => node.id === graph.entry || (node.first !== undefined && node.first <= end),
      isDone: (step: number) => (graph.edges[step]?.at ?? Infinity) <= end,
    };
  }, [graph, until]);
}

/** Steps from the entry to what is selected; nothing where none lead there. */
function pathOf(graph: Graph, selected: string | undefined, drawn: Drawn): number[] | undefined {
  if (selected === undefined) return undefined;
  const id = drawn.byId.get(selected)?.holds[0] ?? selected;
  return pathTo(graph, reachedAs(graph, id));
}
