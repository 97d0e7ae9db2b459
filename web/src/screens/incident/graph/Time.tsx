// Goes through the story by time: the graph as it was after each step. It never plays by itself.

import { useEffect, useMemo, useState } from 'react';

import { Button, IconButton } from '../../../ui/Button';
import { useSettings } from '../../../ui/settings';
import { moment } from '../../../ui/text';
import type { GraphEdge } from './model';

const PLAY_MS = 900;

interface TimeProps {
  edges: readonly GraphEdge[];
  until: string | undefined;
  show: (until: string | undefined) => void;
}

export function Time({ edges, until, show }: TimeProps) {
  const { zone } = useSettings();
  const times = useMemo(() => timesOf(edges), [edges]);
  const [isPlaying, setPlaying] = useState(false);
  const last = times.length - 1;
  const at = indexOf(times, until);
  const go = (index: number) => {
    const to = Math.max(0, Math.min(index, last));
    show(to === last ? undefined : times[to]);
  };
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setTimeout(() => {
      // Played from its end, it begins anew.
      const next = at >= last ? 0 : at + 1;
      if (next >= last) setPlaying(false);
      show(next >= last ? undefined : times[next]);
    }, PLAY_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, at, last, show, times]);
  if (times.length < 2) return null;
  const time = times[at];
  const text = `${time ? moment(time, zone) : ''}, moment ${at + 1} of ${times.length}`;
  const play = () => {
    if (at >= last) go(0);
    setPlaying(true);
  };
  const byHand = (index: number) => {
    setPlaying(false);
    go(index);
  };
  return (
    <div className="row graph-time" role="group" aria-label="Time">
      <Button isDisabled={at === 0} onPress={() => byHand(at - 1)}>
        Step back
      </Button>
      <Button isDisabled={at === last} onPress={() => byHand(at + 1)}>
        Step on
      </Button>
      {!prefersStill() &&
        (isPlaying ? (
          <IconButton icon="pause" look="plain" label="Pause" onPress={() => setPlaying(false)} />
        ) : (
          <IconButton icon="play" look="plain" label="Play from here" onPress={play} />
        ))}
      <label className="grow graph-slider">
        <span className="hidden">Show the graph until</span>
        <input type="range" min={0} max={last} value={at} aria-valuetext={text} onChange={(event) => byHand(Number(event.target.value))} />
      </label>
      <span className="small mono">{text}</span>
      {until !== undefined && <Button onPress={() => byHand(last)}>Show all</Button>}
    </div>
  );
}

/** The times of steps, each once, in order. */
function timesOf(edges: readonly GraphEdge[]): string[] {
  const times = new Map<number, string>();
  for (const { at, time } of edges) if (at !== undefined && time !== undefined) times.set(at, time);
  return [...times].sort(([one], [other]) => one - other).map(([, time]) => time);
}

/** The last of the times that is not later; an address typed by hand may name any time. */
function indexOf(times: readonly string[], until: string | undefined): number {
  const end = until === undefined ? NaN : Date.parse(until);
  if (Number.isNaN(end)) return times.length - 1;
  return Math.max(0, times.findLastIndex((time) => Date.parse(time) <= end));
}

function prefersStill(): boolean {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}
