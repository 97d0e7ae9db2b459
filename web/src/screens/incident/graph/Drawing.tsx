// The drawing: nodes that take focus one at a time, lines between them, and the buttons that move it.
// It says nothing that the table does not say, and moving it never draws it again.

import { memo, useCallback, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

import { Button, IconButton } from '../../../ui/Button';
import type { Layout, Spot } from './layout';
import { kindMark, OUTLINES, PILE, RINGS, severityMark, WARNING, WARNING_SIGN } from './marks';
import type { GraphNode } from './model';
import { CELL_HEIGHT, CELL_WIDTH } from './pack';
import { labelOf, labelWidth, SHAPE_ABOVE, spoken, wordOf, type Line } from './shapes';
import { PAN_PX, STEP, useViewport, type Viewport } from './viewport';

interface DrawingProps {
  nodes: readonly GraphNode[];
  lines: readonly Line[];
  layout: Layout;
  /** Whether it had happened by the time that is looked at. */
  isThere: (node: GraphNode) => boolean;
  isDone: (step: number) => boolean;
  entry: string;
  selected: string | undefined;
  path: ReadonlySet<number>;
  select: (id: string) => void;
  children?: ReactNode;
}

const ARROWS: Record<string, Spot> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

export function Drawing({ nodes, lines, layout, isThere, isDone, entry, selected, path, select, children }: DrawingProps) {
  const viewport = useViewport(layout);
  const caption = useRef<HTMLParagraphElement>(null);
  const [held, setHeld] = useState<string>();
  const there = useMemo(() => nodes.filter(isThere), [nodes, isThere]);
  const known = (id: string | undefined) => there.some((node) => node.id === id);
  const current = known(held) ? held : known(selected) ? selected : known(entry) ? entry : there[0]?.id;
  const say = useCallback((node: GraphNode) => {
    if (caption.current && !viewport.current.current?.isMoving) caption.current.textContent = spoken(node);
  }, [viewport]);
  const focused = useCallback(
    (node: GraphNode, spot: Spot) => {
      setHeld(node.id);
      viewport.current.current?.show(spot);
      if (caption.current) caption.current.textContent = spoken(node);
    },
    [viewport],
  );
  const press = (event: KeyboardEvent) => {
    const port = viewport.current.current;
    const act = port && keyed(event, port, {
      goTo: (id) => {
        const index = nodes.findIndex((node) => node.id === id);
        viewport.view.current?.querySelector<SVGElement>(`[data-node="${index}"]`)?.focus({ preventScroll: true });
      },
      next: (arrow) => nextIn(arrow, current, there, layout),
      open: () => current && select(current),
      entry,
    });
    if (!act) return;
    act();
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="graph-drawing">
      <Buttons viewport={() => viewport.current.current}>{children}</Buttons>
      <div
        ref={viewport.view}
        className="graph-view"
        role="group"
        tabIndex={0}
        aria-label="Drawing of the graph"
        aria-describedby="graph-keys"
        onKeyDown={press}
      >
        <div ref={viewport.layer} className="graph-layer">
          <svg viewBox={`${layout.left} ${layout.top} ${layout.width} ${layout.height}`} role="group" aria-label="Nodes">
            <Ground layout={layout} />
            <Lines {...{ lines, isDone, path, selected }} />
            {nodes.map((node, index) => {
              const spot = layout.spots.get(node.id);
              if (!spot || !isThere(node)) return null;
              const isSelected = node.id === selected;
              return <Node key={node.id} {...{ node, index, spot, isSelected, select, say, focused }} isCurrent={node.id === current} />;
            })}
          </svg>
        </div>
      </div>
      <p ref={caption} className="graph-caption small wrap">
        Move to a node to see its whole name here.
      </p>
    </div>
  );
}

interface Moves {
  goTo: (id: string | undefined) => void;
  next: (arrow: Spot) => string | undefined;
  open: () => void;
  entry: string;
}

/** What a key does, if anything. */
function keyed(event: KeyboardEvent, port: Viewport, moves: Moves): (() => void) | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const isOnNode = event.target !== event.currentTarget;
  const arrow = ARROWS[event.key];
  if (arrow && isOnNode && !event.shiftKey) return () => moves.goTo(moves.next(arrow));
  if (arrow) return () => port.panBy(-arrow.x * PAN_PX, -arrow.y * PAN_PX);
  switch (event.key) {
    case '+':
    case '=':
      return () => port.zoomBy(STEP);
    case '-':
      return () => port.zoomBy(1 / STEP);
    case '0':
      return () => port.natural();
    case 'f':
      return () => port.fit();
    case 'Home':
      return () => moves.goTo(moves.entry);
    case 'Enter':
    case ' ':
      return isOnNode ? moves.open : undefined;
    default:
      return undefined;
  }
}

function Buttons({ viewport, children }: { viewport: () => Viewport | undefined; children: ReactNode }) {
  return (
    <div className="row graph-buttons" role="group" aria-label="Size of the drawing">
      <IconButton icon="plus" look="plain" label="Larger" onPress={() => viewport()?.zoomBy(STEP)} />
      <Button aria-label="− Smaller" onPress={() => viewport()?.zoomBy(1 / STEP)}>
        −
      </Button>
      <Button aria-label="0, natural size" onPress={() => viewport()?.natural()}>
        0
      </Button>
      <Button onPress={() => viewport()?.fit()}>Fit</Button>
      {children}
    </div>
  );
}

/** Borders of rings and lanes, and names of hosts. */
const Ground = memo(function Ground({ layout }: { layout: Layout }) {
  return (
    <g aria-hidden="true">
      {layout.rings.map(({ ring, rx, ry }) => (
        <g key={ring}>
          <ellipse className="graph-ring" rx={rx} ry={ry} />
          <text className="graph-ring-name" y={-ry - 5}>
            {RINGS[ring]}
          </text>
        </g>
      ))}
      {layout.lanes.map((y) => (
        <line key={y} className="graph-ring" x1={layout.left} x2={layout.left + layout.width} y1={y} y2={y} />
      ))}
      {layout.places.map(({ x, y, text }) => (
        <text key={text} className={layout.kind === 'rings' ? 'graph-place' : 'graph-place start'} x={x} y={y}>
          {text}
        </text>
      ))}
    </g>
  );
});

const Lines = memo(function Lines({ lines, isDone, path, selected }: Pick<DrawingProps, 'lines' | 'isDone' | 'path' | 'selected'>) {
  return (
    <g aria-hidden="true">
      {lines.map((line) => {
        if (!line.steps.some(isDone)) return null;
        const isOnPath = line.steps.some((step) => path.has(step));
        const isNear = line.from === selected || line.to === selected;
        const look = ['graph-line', isNear && 'near', line.inferred && 'inferred', line.alerted && 'alerted', isOnPath && 'on-path'];
        return (
          <g key={line.id} className={look.filter(Boolean).join(' ')}>
            <path d={line.path} />
            {line.alerted && (
              <g className="graph-warning" transform={`translate(${line.middle.x - 7} ${line.middle.y - 7}) scale(0.6)`}>
                <path d={WARNING} />
                <path d={WARNING_SIGN} />
              </g>
            )}
          </g>
        );
      })}
    </g>
  );
});

interface NodeProps {
  node: GraphNode;
  index: number;
  spot: Spot;
  isCurrent: boolean;
  isSelected: boolean;
  select: (id: string) => void;
  say: (node: GraphNode) => void;
  focused: (node: GraphNode, spot: Spot) => void;
}

const Node = memo(function Node({ node, index, spot, isCurrent, isSelected, select, say, focused }: NodeProps) {
  const wide = labelWidth(node);
  return (
    <g
      className={`graph-node ring-${node.ring}${isSelected ? ' selected' : ''}`}
      transform={`translate(${spot.x.toFixed(1)} ${spot.y.toFixed(1)})`}
      role="button"
      tabIndex={isCurrent ? 0 : -1}
      data-node={index}
      aria-label={spoken(node)}
      aria-pressed={isSelected}
      onClick={() => select(node.id)}
      onPointerEnter={() => say(node)}
      onFocus={() => focused(node, spot)}
    >
      <rect className="graph-cell" x={-CELL_WIDTH / 2} y={-CELL_HEIGHT / 2} width={CELL_WIDTH} height={CELL_HEIGHT} rx="8" />
      <g transform={`translate(0 ${-SHAPE_ABOVE})`}>
        {node.holds.length > 0 && <path className="graph-pile" d={PILE} />}
        <path className="graph-outline" d={OUTLINES[node.ring]} />
        <path className="graph-kind" transform="translate(-9 -9) scale(0.75)" d={kindMark(node.kind).path} />
        {node.level && (
          <g className={`graph-level ${node.level}`} transform="translate(14 -12)">
            <circle r="8" />
            <path transform="translate(-6 -6) scale(0.5)" d={severityMark(node.level)} />
          </g>
        )}
        {node.response && (
          <g className={`graph-response ${node.response}`} transform="translate(-15 -12)">
            <circle r="7" />
            <path d={node.response === 'cut' ? 'M-3.5 3.5 3.5 -3.5M-3.5 -3.5 3.5 3.5' : 'M-4 0H4'} />
          </g>
        )}
      </g>
      <rect className="graph-label" x={-wide / 2} y="5" width={wide} height="25" rx="3" />
      <text y="16">{labelOf(node)}</text>
      <text className="word" y="27">
        {wordOf(node)}
      </text>
      {node.ring === 0 && (
        <text className="word strong" y="38">
          {RINGS[0]}
        </text>
      )}
    </g>
  );
});

/** The nearest node in a direction; what lies aside counts as farther. */
function nextIn(arrow: Spot, from: string | undefined, nodes: readonly GraphNode[], layout: Layout): string | undefined {
  const start = from === undefined ? undefined : layout.spots.get(from);
  if (!start) return nodes[0]?.id;
  let best: { id: string; cost: number } | undefined;
  for (const { id } of nodes) {
    const spot = layout.spots.get(id);
    if (!spot || id === from) continue;
    const [dx, dy] = [spot.x - start.x, spot.y - start.y];
    const ahead = dx * arrow.x + dy * arrow.y;
    const aside = Math.abs(dx * arrow.y) + Math.abs(dy * arrow.x);
    if (ahead < 1 || aside > ahead * 3) continue;
    const cost = ahead + 2 * aside;
    if (!best || cost < best.cost) best = { id, cost };
  }
  return best?.id;
}
