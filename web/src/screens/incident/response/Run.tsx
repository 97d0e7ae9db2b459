// A run as it goes: what it waits for, what it did, what it changed, and how to stop it or take it back.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api } from '../../../api/client';
import { runQuery } from '../../../api/queries';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Ask';
import { Found } from '../../../ui/State';
import { count, words } from '../../../ui/text';
import { Ago, Left, Moment } from '../../../ui/When';
import { useMay } from '../may';
import { useSending } from '../sending';
import { Call } from './Call';
import { Place } from './Place';
import { Radius } from './Radius';

/** A run acts between two changes that are told; while it goes on it is looked at this often. */
const LOOK_EVERY_MS = 2_000;

export function RunScreen({ id }: { id: string }) {
  const query = useQuery({ ...runQuery(id), refetchInterval: ({ state }) => (state.data?.ended ? false : LOOK_EVERY_MS) });
  return <Found query={query}>{(run) => <Run run={run} />}</Found>;
}

/** Rereads a run and everything that depends on it. */
export function useReread(run: Api['RunView']): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: ['runs'] }),
      queries.invalidateQueries({ queryKey: ['incident', run.incident] }),
    ]);
  };
}

function Run({ run }: { run: Api['RunView'] }) {
  const waiting = run.places.filter((place) => place.stage === 'waiting');
  return (
    <>
      <section className="card" aria-labelledby="run">
        <header>
          <h2 id="run">{run.title}</h2>
          <RunState run={run} waiting={waiting.length} />
        </header>
        <div className="body stack">
          <div className="row soft small">
            <span className="mono">{run.id}</span>
            <span>
              began <Ago at={run.begun_at} />
            </span>
            {run.simulated && <Badge tone="accent">Played: nothing is touched</Badge>}
          </div>
          {run.paused && <p className="notice warn">Paused: {run.paused}</p>}
          <Steering run={run} />
          <Radius radius={run.radius} />
        </div>
      </section>
      {waiting.map((place) => (
        <Place key={place.token} run={run} place={place} />
      ))}
      <Effects run={run} />
      <Done done={run.done} />
    </>
  );
}

function RunState({ run, waiting }: { run: Api['RunView']; waiting: number }) {
  if (run.ended) return <Badge tone={run.ended.how === 'completed' ? 'good' : 'bad'}>{words(run.ended.how)}</Badge>;
  if (run.paused) return <Badge tone="warn">Paused</Badge>;
  if (waiting > 0) return <Badge tone="warn">Waits for {count(waiting, 'decision')}</Badge>;
  return <Badge tone="accent">Running</Badge>;
}

type Asked = 'paused' | 'cancelled' | 'undo';
const ASKED: Record<Asked, { title: string; act: string; danger: boolean; about: string }> = {
  paused: { title: 'Pause this run', act: 'Pause', danger: false, about: 'It stops where it is. What it changed stays.' },
  cancelled: { title: 'End this run', act: 'End it', danger: true, about: 'It goes no further. What it changed stays until it is taken back.' },
  undo: {
    title: 'Take back everything of this run',
    act: 'Take it all back',
    danger: true,
    about: 'Every change that is in force is taken back, the last first, and each is looked at again.',
  },
};

function Steering({ run }: { run: Api['RunView'] }) {
  const may = useMay();
  const reread = useReread(run);
  const [asked, setAsked] = useState<Asked>();
  const send = useSending();
  const params = { path: { id: run.id } };
  const steer = async (state: Api['RunState'], reason: string) => {
    await api.POST('/api/v1/runs/{id}/state', { params, body: { state, reason } });
    await reread();
  };
  const undo = async (reason: string) => {
    await api.POST('/api/v1/runs/{id}/undo', { params, body: { reason } });
    await reread();
  };
  if (!may.write) return null;
  const inForce = run.effects.some((effect) => effect.undo.state === 'no');
  const question = asked && ASKED[asked];
  return (
    <div className="row">
      {!run.ended && !run.paused && (
        <Button icon="pause" onPress={() => setAsked('paused')}>
          Pause
        </Button>
      )}
      {!run.ended && run.paused && (
        <Button icon="play" look="primary" onPress={() => send(() => steer('resumed', 'resumed in the console'))}>
          Go on
        </Button>
      )}
      {!run.ended && (
        <Button icon="stop" look="danger" onPress={() => setAsked('cancelled')}>
          End
        </Button>
      )}
      {inForce && (
        <Button icon="undo" look="danger" onPress={() => setAsked('undo')}>
          Take everything back
        </Button>
      )}
      <Ask
        title={question?.title ?? ''}
        open={asked !== undefined}
        close={() => setAsked(undefined)}
        act={question?.act ?? ''}
        danger={question?.danger}
        reason="Why"
        run={(reason) => (asked === 'undo' ? undo(reason) : steer(asked ?? 'paused', reason))}
      >
        <p>{question?.about}</p>
      </Ask>
    </div>
  );
}

function Effects({ run }: { run: Api['RunView'] }) {
  const reread = useReread(run);
  const may = useMay();
  const [asked, setAsked] = useState<Api['EffectView']>();
  if (run.effects.length === 0) return null;
  const undo = async (reason: string) => {
    if (!asked) return;
    await api.POST('/api/v1/runs/{id}/undo', { params: { path: { id: run.id } }, body: { reason, entries: [asked.entry] } });
    await reread();
  };
  return (
    <section className="card" aria-labelledby="effects">
      <header>
        <h2 id="effects">What it changed</h2>
      </header>
      <ol className="body plan">
        {run.effects.map((effect) => (
          <li key={effect.entry}>
            <div className="row">
              <span className="grow">
                <Call call={effect.call} />
              </span>
              <EffectState effect={effect} />
              {effect.undo.state === 'no' && may.write && (
                <Button icon="undo" onPress={() => setAsked(effect)}>
                  Take back
                </Button>
              )}
            </div>
            {effect.verified && <p className="soft small">Seen: {effect.verified}</p>}
            {effect.undo.state === 'done' && <p className="soft small">Taken back; seen: {effect.undo.observed}</p>}
            {effect.undo.state === 'stopped' && <p className="notice bad">It cannot be taken back as things stand: {effect.undo.reason}</p>}
          </li>
        ))}
      </ol>
      <Ask
        title={`Take back ${asked?.call.action ?? ''}`}
        open={asked !== undefined}
        close={() => setAsked(undefined)}
        act="Take it back"
        danger
        reason="Why"
        run={undo}
      />
    </section>
  );
}

function EffectState({ effect }: { effect: Api['EffectView'] }) {
  switch (effect.undo.state) {
    case 'done':
      return <Badge tone="good">Taken back</Badge>;
    case 'asked':
      return <Badge tone="warn">Is being taken back</Badge>;
    case 'stopped':
      return <Badge tone="bad">Cannot be taken back</Badge>;
    case 'no':
      return (
        <>
          <Badge tone={effect.verified ? 'accent' : 'warn'}>{effect.verified ? 'In force' : 'Not verified'}</Badge>
          {effect.expires_at && (
            <span className="soft small">
              <Left until={effect.expires_at} />
            </span>
          )}
        </>
      );
  }
}

/** Where a playbook starts and ends is no step that somebody did. */
const ENDS = /^(start|end)--/;

function Done({ done: all }: { done: Api['Done'][] }) {
  const done = all.filter((step) => !ENDS.test(step.name));
  if (done.length === 0) return null;
  return (
    <section className="card" aria-labelledby="done">
      <header>
        <h2 id="done">Steps that ended</h2>
      </header>
      <ol className="body plan">
        {done.map((step, index) => (
          <li key={index}>
            <div className="row">
              <span className="grow">{step.name}</span>
              <Badge tone={step.outcome === 'success' ? 'good' : step.outcome === 'failure' ? 'bad' : 'plain'}>{words(step.outcome)}</Badge>
              <Moment at={step.at} />
            </div>
            {step.outcome !== 'success' && <p className="soft small wrap">{step.reason}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}
