// A first walk through an incident, for somebody who has never seen the console: a note beside the screen says what it answers. It
// takes no focus, can be left at any time, and is offered once.

import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { api, read } from '../api/client';
import { Button } from '../ui/Button';
import { changeSettings, useSettings } from '../ui/settings';
import './tour.css';

interface Stop {
  to: '/' | '/incidents/$id' | '/incidents/$id/graph' | '/incidents/$id/work' | '/incidents/$id/response' | '/incidents/$id/ledger';
  title: string;
  text: string;
}

const STOPS: readonly Stop[] = [
  { to: '/', title: 'Now', text: 'What is open, the most severe first, and what waits for a decision of yours. Open an incident to see its story.' },
  {
    to: '/incidents/$id',
    title: 'The story',
    text: 'How it began, how far it reaches, what to do next; below, each step of the intruder with the records that show it. What is inferred says so.',
  },
  { to: '/incidents/$id/graph', title: 'The graph', text: 'The same steps as a picture: the root cause in the middle, what was touched around it. Move through time with the slider.' },
  {
    to: '/incidents/$id/work',
    title: 'The work',
    text: 'What is to be done, by the phases of the framework that you chose. A gate opens when its activities are proven by what was recorded.',
  },
  {
    to: '/incidents/$id/response',
    title: 'The response',
    text: 'Playbooks that fit. Each first shows what it would cut off and what it would leave. What it did can be taken back, and is looked at from outside.',
  },
  {
    to: '/incidents/$id/ledger',
    title: 'The ledger',
    text: 'Everything that happened in Quell, chained entry by entry, so that nobody can change it unseen. From here you can look at the incident as it was at any time.',
  },
];

export function Tour() {
  const { tour } = useSettings();
  if (tour === 'done') return null;
  return <Walk />;
}

function Walk() {
  const navigate = useNavigate();
  // The incident stays the same through the whole walk, whatever comes in meanwhile.
  const [walk, setWalk] = useState<{ at: number; id: string }>();
  const { data } = useQuery({
    queryKey: ['incidents', 'tour'],
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/incidents', { params: { query: { status: ['new', 'open'], sort: 'severity', limit: 1 } }, signal })),
    retry: false,
    enabled: walk === undefined,
  });
  const id = walk?.id ?? data?.items[0]?.id;
  if (!id) return null;
  const at = walk?.at ?? -1;
  const stop = STOPS[at];
  const end = () => changeSettings({ tour: 'done' });
  const go = (index: number) => {
    const to = STOPS[index];
    if (!to) return end();
    setWalk({ at: index, id });
    void navigate(to.to === '/' ? { to: '/' } : { to: to.to, params: { id } });
  };
  return (
    <aside className="tour" aria-label="Tour">
      <div role="status" className="stack tight">
        <p className="strong">{stop ? `${at + 1} of ${STOPS.length}: ${stop.title}` : 'New here?'}</p>
        <p>{stop ? stop.text : 'A walk of six steps through an incident shows where everything is.'}</p>
      </div>
      <div className="row">
        <Button look="primary" onPress={() => go(at + 1)}>
          {!stop ? 'Take the tour' : at + 1 < STOPS.length ? 'Next' : 'Done'}
        </Button>
        {at > 0 && <Button onPress={() => go(at - 1)}>Back</Button>}
        <Button look="quiet" onPress={end}>
          {stop ? 'Leave' : 'Not now'}
        </Button>
      </div>
    </aside>
  );
}
