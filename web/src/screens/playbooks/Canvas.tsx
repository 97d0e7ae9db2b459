// The workflow as a drawing. Lines are SVG below real buttons, so that steps take focus, are read, and wrap their names.
//
// It scrolls as every scrolled part of a page does; nothing here needs a pointer. The table of steps says the same.

import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';

import { IconButton, Button } from '../../ui/Button';
import { Icon, type IconName } from '../../ui/Icon';
import { useSettings } from '../../ui/settings';
import { words } from '../../ui/text';
import { kindName, type Kind, type Playbook, type Step } from './cacao';
import type { Drawing, Line, Place } from './layout';
import type { Configured } from './Playbook';

export interface ViewProps {
  playbook: Playbook;
  drawing: Drawing;
  configured: Configured;
  selected: string | undefined;
  select: (id: string | undefined) => void;
  /** Steps that a test run came to, and those that it did not. */
  reached?: { yes: ReadonlySet<string>; no: ReadonlySet<string> };
}

const SCALES = [0.4, 0.55, 0.7, 0.85, 1, 1.25, 1.5];
const USUAL = SCALES.indexOf(1);
const PAN_PX = 160;

const ICONS: Record<Kind, IconName> = {
  start: 'play',
  end: 'stop',
  action: 'person',
  'playbook-action': 'playbook',
  parallel: 'more',
  'if-condition': 'help',
  'while-condition': 'undo',
  'switch-condition': 'graph',
};

export function Canvas({ playbook, drawing, configured, selected, select, reached }: ViewProps) {
  const view = useRef<HTMLDivElement>(null);
  const { keys } = useSettings();
  const [scaleAt, setScaleAt] = useState(USUAL);
  const scale = SCALES[scaleAt] ?? 1;
  const zoom = (by: number) => setScaleAt((at) => Math.max(0, Math.min(SCALES.length - 1, at + by)));
  const fit = () => {
    const room = (view.current?.clientWidth ?? drawing.width) / drawing.width;
    setScaleAt(Math.max(0, SCALES.findLastIndex((each) => each <= room)));
  };
  const pan = (x: number, y: number) => view.current?.scrollBy({ left: x * PAN_PX, top: y * PAN_PX });
  useEffect(() => {
    const [first] = drawing.places;
    if (view.current && first) view.current.scrollLeft = first.x + first.width / 2 - view.current.clientWidth / 2;
    // Only at first: while somebody writes, the drawing changes all the time.
  }, []);
  useEffect(() => {
    const place = drawing.places.find(({ id }) => id === selected);
    if (view.current && place) bring(view.current, place, scale);
    // Left out of what it depends on: a change of scale alone moves nothing.
  }, [drawing, selected]);
  const press = (event: KeyboardEvent) => {
    if (!keys || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { '+': () => zoom(1), '-': () => zoom(-1), '0': () => setScaleAt(USUAL), f: fit }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  return (
    <section className="card canvas" aria-labelledby="canvas-title" onKeyDown={press}>
      <header>
        <h2 id="canvas-title">Workflow</h2>
        <Tools zoom={zoom} fit={fit} usual={() => setScaleAt(USUAL)} pan={pan} scale={scale} />
      </header>
      <div className="canvas-view" ref={view} role="region" aria-label="Drawing of the workflow" tabIndex={0} {...useDrag()}>
        <div className="canvas-size" style={{ width: drawing.width * scale, height: drawing.height * scale }}>
          <div className="canvas-sheet" style={{ width: drawing.width, height: drawing.height, transform: `scale(${scale})` }}>
            <Lines drawing={drawing} selected={selected} />
            <Places drawing={drawing} steps={playbook.steps} configured={configured} selected={selected} select={select} reached={reached} />
          </div>
        </div>
      </div>
      <p className="canvas-help soft small">
        Arrow keys go along the steps, Enter opens one.{' '}
        {keys && (
          <>
            <kbd>+</kbd> <kbd>-</kbd> <kbd>0</kbd> zoom, <kbd>f</kbd> fits the width.
          </>
        )}
      </p>
    </section>
  );
}

interface ToolsProps {
  zoom: (by: number) => void;
  fit: () => void;
  usual: () => void;
  pan: (x: number, y: number) => void;
  scale: number;
}

function Tools({ zoom, fit, usual, pan, scale }: ToolsProps) {
  const arrows = [
    ['left', 'Move to the left', -1, 0],
    ['up', 'Move up', 0, -1],
    ['down', 'Move down', 0, 1],
    ['right', 'Move to the right', 1, 0],
  ] as const;
  return (
    <div className="row canvas-tools" role="group" aria-label="Move and zoom">
      {arrows.map(([side, label, x, y]) => (
        <span key={side} className={`arrow ${side}`}>
          <IconButton icon="right" label={label} onPress={() => pan(x, y)} />
        </span>
      ))}
      <Button look="quiet" aria-label="Zoom out" onPress={() => zoom(-1)}>
        −
      </Button>
      <Button look="quiet" aria-label={`Zoom is ${Math.round(scale * 100)} %. Back to 100 %`} onPress={usual}>
        {Math.round(scale * 100)} %
      </Button>
      <Button look="quiet" aria-label="Zoom in" onPress={() => zoom(1)}>
        +
      </Button>
      <Button look="quiet" onPress={fit}>
        Fit the width
      </Button>
    </div>
  );
}

function Lines({ drawing, selected }: { drawing: Drawing; selected: string | undefined }) {
  return (
    <svg className="canvas-lines" width={drawing.width} height={drawing.height} aria-hidden="true">
      <defs>
        <marker id="arrow-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse">
          <path d="M0 0 8 4 0 8Z" />
        </marker>
      </defs>
      {drawing.lines.map((line, index) => (
        <path
          key={index}
          className={`${line.back ? 'line back' : 'line'}${line.from === selected || line.to === selected ? ' lit' : ''}`}
          d={pathOf(line)}
          markerEnd="url(#arrow-head)"
        />
      ))}
      {drawing.lines.map(
        (line, index) =>
          line.label && (
            <text key={index} x={line.labelAt[0]} y={line.labelAt[1]}>
              {line.label}
            </text>
          ),
      )}
      {drawing.titles.map(({ text, x, y }) => (
        <text key={text + x} className="title" x={x} y={y}>
          {text}
        </text>
      ))}
    </svg>
  );
}

interface PlacesProps extends Omit<ViewProps, 'playbook'> {
  steps: ReadonlyMap<string, Step>;
}

/** Steps as buttons. One takes Tab, arrows go on from there. */
function Places({ drawing, steps, configured, selected, select, reached }: PlacesProps) {
  const list = useRef<HTMLDivElement>(null);
  const [focused, setAt] = useState(selected);
  // The step may be gone from the text meanwhile; one of them always takes Tab.
  const at = drawing.places.some(({ id }) => id === focused) ? focused : drawing.places[0]?.id;
  const press = (event: KeyboardEvent) => {
    const to = event.ctrlKey || event.altKey || event.metaKey ? undefined : neighbour(event.key, at, drawing);
    if (!to) return;
    event.preventDefault();
    setAt(to);
    buttonOf(list.current, to)?.focus();
  };
  return (
    <div ref={list} role="group" aria-label="Steps" onKeyDown={press}>
      {drawing.places.map((place) => {
        const step = steps.get(place.id);
        if (!step) return null;
        const { action, phase } = step.extension;
        const byHand = action !== undefined && !configured(action).here;
        return (
          <button
            key={place.id}
            type="button"
            className={`step ${step.kind} ${action && !byHand ? 'automatic' : ''} ${markOf(place.id, reached)}`}
            style={{ insetInlineStart: place.x, insetBlockStart: place.y, width: place.width, height: place.height }}
            data-step={place.id}
            aria-pressed={place.id === selected}
            tabIndex={place.id === at ? 0 : -1}
            onFocus={() => setAt(place.id)}
            onClick={() => select(place.id)}
          >
            <span className="step-name">{step.name}</span>
            {place.height > 40 && (
              <span className="step-kind">
                <Icon name={step.kind === 'action' && action ? (byHand ? 'person' : 'check') : ICONS[step.kind]} />
                {step.kind === 'action' ? `${phase ? `${words(phase)} · ` : ''}${who(action, byHand)}` : kindName(step.kind)}
              </span>
            )}
          </button>
        );
      })}
    </div>
  );
}

function markOf(id: string, reached: ViewProps['reached']): string {
  if (reached?.yes.has(id)) return 'reached';
  return reached?.no.has(id) ? 'missed' : '';
}

function who(action: string | undefined, byHand: boolean): string {
  if (!action) return 'people';
  return byHand ? 'by hand here' : 'Quell';
}

function buttonOf(inside: HTMLElement | null, id: string): HTMLElement | undefined {
  return [...(inside?.querySelectorAll<HTMLElement>('[data-step]') ?? [])].find((each) => each.dataset.step === id);
}

/** The step that a key goes to: along the lines up and down, within the row to the sides. */
function neighbour(key: string, at: string | undefined, { places, lines }: Drawing): string | undefined {
  const here = places.find(({ id }) => id === at);
  if (!here) return undefined;
  const beside = (side: 1 | -1) =>
    nearest(places.filter((each) => each.row === here.row && (each.x - here.x) * side > 0), here);
  switch (key) {
    case 'ArrowDown':
      return lines.find(({ from, back }) => from === at && !back)?.to;
    case 'ArrowUp':
      return lines.find(({ to, back }) => to === at && !back)?.from;
    case 'ArrowRight':
      return beside(1);
    case 'ArrowLeft':
      return beside(-1);
    case 'Home':
      return places[0]?.id;
    case 'End':
      return places.at(-1)?.id;
    default:
      return undefined;
  }
}

function nearest(among: readonly Place[], here: Place): string | undefined {
  return among.toSorted((one, other) => Math.abs(one.x - here.x) - Math.abs(other.x - here.x))[0]?.id;
}

function pathOf({ points }: Line): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('');
}

/** Scrolls the drawing, and not the page, so that a step is seen. */
function bring(view: HTMLElement, place: Place, scale: number): void {
  const [x, y, width, height] = [place.x, place.y, place.width, place.height].map((each) => each * scale) as [number, number, number, number];
  const seen = x >= view.scrollLeft && x + width <= view.scrollLeft + view.clientWidth;
  if (!seen) view.scrollLeft = x + width / 2 - view.clientWidth / 2;
  if (y < view.scrollTop || y + height > view.scrollTop + view.clientHeight) view.scrollTop = y + height / 2 - view.clientHeight / 2;
}

/** Moves the sheet with the pointer; a finger scrolls by itself. */
function useDrag() {
  const from = useRef<{ x: number; y: number }>(undefined);
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      const onStep = event.target instanceof Element && event.target.closest('button') !== null;
      if (event.pointerType === 'mouse' && event.button === 0 && !onStep) from.current = { x: event.clientX, y: event.clientY };
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (!from.current || event.buttons === 0) return;
      event.currentTarget.scrollBy({ left: from.current.x - event.clientX, top: from.current.y - event.clientY, behavior: 'instant' });
      from.current = { x: event.clientX, y: event.clientY };
    },
    onPointerUp: () => (from.current = undefined),
  };
}
