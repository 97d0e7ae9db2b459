// How dense the timeline is over time, and the part of it that is shown. Whatever the two handles do, the fields, the buttons and
// the table below them do as well, by keyboard and without dragging.

import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';

import { Button } from '../../../ui/Button';
import { useSettings } from '../../../ui/settings';
import { count, moment } from '../../../ui/text';
import { TimeField } from '../../../ui/TimeField';
import { binsOf, spanOf, type Bin, type Span } from './bins';
import { KINDS, type Known } from './items';

interface StripProps {
  /** Everything: how far the strip reaches must not change while somebody types a filter. */
  all: readonly Known[];
  /** What is counted. */
  known: readonly Known[];
  since: string | undefined;
  until: string | undefined;
  change: (since: string | undefined, until: string | undefined) => void;
  /** What else narrows the list, beside the times. */
  children?: ReactNode;
}

const STEPS = 1_000;
const BAR_PX = 5;
const TABLE_BINS = 12;
/** A handle is at rest after this long. */
const PAUSE_MS = 150;

export function Strip({ all, known, since, until, change, children }: StripProps) {
  const { zone } = useSettings();
  const whole = useMemo(() => spanOf(all), [all]);
  const [zoom, setZoom] = useState<Span>();
  const span = zoom ?? whole;
  if (!whole || !span) return children;
  const window: Span = [timeIn(since) ?? whole[0], timeIn(until) ?? whole[1]];
  const set = ([from, to]: Span) => change(from <= whole[0] ? undefined : iso(from), to >= whole[1] ? undefined : iso(to));
  // What stands in the address and is no time narrows nothing, but can still be taken out of it.
  const narrowed = since !== undefined || until !== undefined;
  return (
    <div className="strip stack tight">
      <Handles known={known} span={span} window={window} set={set} />
      <div className="row spread small soft mono" aria-hidden="true">
        <span>{moment(iso(span[0]), zone)}</span>
        <span>{moment(iso(span[1]), zone)}</span>
      </div>
      <div className="row strip-fields">
        <TimeField label="From" at={iso(window[0])} set={(at) => at && set([Date.parse(at), window[1]])} />
        <TimeField label="Until" at={iso(window[1])} set={(at) => at && set([window[0], Date.parse(at)])} />
        <Button isDisabled={!narrowed || window[1] <= window[0]} onPress={() => setZoom(window)}>
          Zoom in
        </Button>
        <Button isDisabled={!zoom} onPress={() => setZoom(undefined)}>
          Zoom out
        </Button>
        <Button
          isDisabled={!narrowed}
          onPress={() => {
            setZoom(undefined);
            change(undefined, undefined);
          }}
        >
          All times
        </Button>
        <div className="grow">{children}</div>
      </div>
      <Summary known={known} span={span} show={set} />
    </div>
  );
}

/** The drawing with a handle at each end of what is shown. */
function Handles({ known, span, window, set }: { known: readonly Known[]; span: Span; window: Span; set: (window: Span) => void }) {
  const { zone } = useSettings();
  const [held, setHeld] = useState<Span>();
  const latest = useRef(set);
  latest.current = set;
  useEffect(() => {
    if (!held) return;
    const timer = setTimeout(() => {
      latest.current(held);
      setHeld(undefined);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [held]);
  const shown = held ?? window;
  const [from, until] = span;
  const step = (ms: number) => Math.max(0, Math.min(STEPS, Math.round(((ms - from) / (until - from)) * STEPS)));
  const time = (place: number) => (place === STEPS ? until : from + ((until - from) * place) / STEPS);
  const handle = (label: string, ms: number, move: (to: number) => Span) => (
    <input
      type="range"
      min={0}
      max={STEPS}
      aria-label={label}
      aria-valuetext={moment(iso(ms), zone)}
      value={step(ms)}
      onChange={(event) => setHeld(move(time(Number(event.target.value))))}
    />
  );
  return (
    <div className="strip-plot">
      <Density known={known} span={span} window={shown} />
      {handle('Show from', shown[0], (to) => [Math.min(to, shown[1]), shown[1]])}
      {handle('Show until', shown[1], (to) => [shown[0], Math.max(to, shown[0])])}
    </div>
  );
}

/** Bars of how many there are, a colour for each kind. The text below says the same. */
function Density({ known, span, window }: { known: readonly Known[]; span: Span; window: Span }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const theme = useTheme();
  const bins = useMemo(() => (width > 0 ? binsOf(known, span, Math.max(1, Math.floor(width / BAR_PX))) : []), [known, span, width]);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const watcher = new ResizeObserver(() => setWidth(element.clientWidth));
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current) drawBins(canvas.current, bins, window);
  }, [bins, window, theme]);
  return <canvas ref={canvas} aria-hidden="true" />;
}

function drawBins(canvas: HTMLCanvasElement, bins: readonly Bin[], [from, until]: Span): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const colours = KINDS.map(({ kind }) => style.getPropertyValue(`--kind-${kind}`).trim());
  const most = Math.max(1, ...bins.map((bin) => bin.all));
  const bar = width / bins.length;
  bins.forEach((bin, index) => {
    context.globalAlpha = bin.until < from || bin.from > until ? 0.25 : 1;
    let bottom = height;
    bin.counts.forEach((number, place) => {
      if (number === 0) return;
      const tall = Math.max(2, (number / most) * (height - 4));
      context.fillStyle = colours[place] ?? '';
      context.fillRect(index * bar, bottom - tall, Math.max(1, bar - 1), tall);
      bottom -= tall;
    });
  });
}

/** Changes with the theme that the page is drawn in, whoever changed it. */
function useTheme(): string | undefined {
  const page = document.documentElement;
  const [theme, setTheme] = useState(page.dataset.theme);
  useEffect(() => {
    const watcher = new MutationObserver(() => setTheme(page.dataset.theme));
    watcher.observe(page, { attributes: true, attributeFilter: ['data-theme'] });
    return () => watcher.disconnect();
  }, [page]);
  return theme;
}

function Summary({ known, span, show }: { known: readonly Known[]; span: Span; show: (window: Span) => void }) {
  const { zone } = useSettings();
  const [isOpen, setOpen] = useState(false);
  const bins = useMemo(() => binsOf(known, span, TABLE_BINS), [known, span]);
  const all = bins.reduce((sum, bin) => sum + bin.all, 0);
  const most = bins.reduce((a, b) => (b.all > a.all ? b : a));
  return (
    <>
      <p className="small soft">
        {count(all, 'item')} between {moment(iso(span[0]), zone)} and {moment(iso(span[1]), zone)}
        {all > 0 && `; most of them, ${most.all.toLocaleString('en')}, between ${moment(iso(most.from), zone)} and ${moment(iso(most.until), zone)}`}.
      </p>
      <details className="small" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>The same as a table</summary>
        {isOpen && <Table bins={bins} show={show} />}
      </details>
    </>
  );
}

function Table({ bins, show }: { bins: readonly Bin[]; show: (window: Span) => void }) {
  const { zone } = useSettings();
  return (
    <div className="strip-table">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            {KINDS.map(({ kind, word }) => (
              <th key={kind} scope="col">
                {word}s
              </th>
            ))}
            <th scope="col">All</th>
            <th scope="col">Narrow</th>
          </tr>
        </thead>
        <tbody>
          {bins.map((bin) => (
            <tr key={bin.from}>
              <th scope="row" className="mono">
                {moment(iso(bin.from), zone)}
              </th>
              {bin.counts.map((number, place) => (
                <td key={place}>{number.toLocaleString('en')}</td>
              ))}
              <td>{bin.all.toLocaleString('en')}</td>
              <td>
                <Button look="quiet" isDisabled={bin.all === 0} onPress={() => show([bin.from, bin.until])}>
                  Show only this<span className="hidden"> part, from {moment(iso(bin.from), zone)}</span>
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function timeIn(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
