// How the work on incidents goes, and what is proposed to make it better.
//
// Figures are about incidents, never about people: nothing here may rank who works on them.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api, read } from '../../api/client';
import { frameworksQuery, handbookQuery } from '../../api/queries';
import { Badge } from '../../ui/Badge';
import { Button, LinkButton } from '../../ui/Button';
import { Empty, Found } from '../../ui/State';
import { count } from '../../ui/text';
import { TimeField } from '../../ui/TimeField';
import { Moment } from '../../ui/When';
import { Counts } from './Counts';
import { pointOf } from './figures';
import { Times } from './Times';
import './improve.css';

const route = getRouteApi('/shell/improve');

const RANGES = [
  ['30d', 'Last 30 days'],
  ['90d', 'Last 90 days'],
  ['365d', 'Last 12 months'],
  [undefined, 'All'],
] as const;

export default function Improve() {
  const search = route.useSearch();
  const [now] = useState(() => Date.now());
  const since = pointOf(search.since, now);
  const until = pointOf(search.until, now);
  const figures = useQuery({
    queryKey: ['incidents', 'figures', since, until],
    queryFn: ({ signal }) => read(api.GET('/api/v1/metrics/incidents', { params: { query: { since, until } }, signal })),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="page">
      <title>Improve · Quell</title>
      <header>
        <h1 className="grow">Improve</h1>
      </header>
      <Range since={since} until={until} />
      <Found query={figures} what="Working out the figures">
        {(data) => <Figures figures={data} since={since} until={until} />}
      </Found>
      <div className="columns">
        <Framework />
      </div>
    </div>
  );
}

function Figures({ figures, since, until }: { figures: Api['FiguresView']; since?: string; until?: string }) {
  const navigate = useNavigate();
  if (figures.incidents + figures.exercises + figures.false_positives === 0) {
    return (
      <div className="card">
        <Empty title="No incident was opened in this time">
          <p>Choose a longer time. Figures come by themselves as incidents are worked on.</p>
          {(since ?? until) && <Button onPress={() => void navigate({ to: '/improve', search: {} })}>Look at all</Button>}
        </Empty>
      </div>
    );
  }
  return (
    <>
      <p role="status">
        About {count(figures.incidents, 'incident')} opened{' '}
        {since ? (
          <>
            since <Moment at={since} />
          </>
        ) : (
          'at any time'
        )}
        {until && (
          <>
            {' '}
            and until <Moment at={until} />
          </>
        )}
        , as far as you see them. Merged and withdrawn ones are left out; exercises and false positives count only where they are named.
        {figures.cut && ' There are more: only the newest 20,000 are counted.'}
      </p>
      <Times times={figures.times} />
      <Counts figures={figures} />
    </>
  );
}

/** Quick ranges, and exact times for everything else. */
function Range({ since, until }: { since?: string; until?: string }) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const change = (next: { since?: string; until?: string }) => void navigate({ to: '/improve', search: next, resetScroll: false });
  return (
    <section className="row filters" aria-label="Time in which incidents were opened">
      {RANGES.map(([value, text]) => (
        <Button key={text} aria-pressed={search.since === value && !search.until} onPress={() => change({ since: value })}>
          {text}
        </Button>
      ))}
      <TimeField label="From" at={since} set={(time) => change({ since: time, until: search.until })} />
      <TimeField label="To" at={until} set={(time) => change({ since: search.since, until: time })} />
    </section>
  );
}

function Framework() {
  const handbook = useQuery(handbookQuery);
  const { data: frameworks } = useQuery(frameworksQuery);
  return (
    <section className="card" aria-labelledby="framework">
      <header>
        <h2 id="framework">Framework</h2>
        <LinkButton to="/improve/guide" icon="help">
          Which one fits us?
        </LinkButton>
      </header>
      <div className="body">
        <Found query={handbook}>
          {(data) => {
            const framework = frameworks?.find(({ id }) => id === data.framework);
            if (!framework) return <p className="mono">{data.framework}</p>;
            const after = frameworks?.find(({ id }) => id === framework.superseded_by);
            return (
              <div className="stack tight">
                <p className="row">
                  <span className="strong">{framework.name}</span>
                  {framework.status === 'withdrawn' ? <Badge tone="warn">Withdrawn by its publisher</Badge> : <Badge tone="good">Current</Badge>}
                </p>
                {after && <p className="notice warn">{after.name} took its place.</p>}
                <p>{framework.about}</p>
                <p className="soft small">
                  {framework.edition}. Phases: {framework.phases.map(({ name }) => name).join(', ')}.
                </p>
              </div>
            );
          }}
        </Found>
      </div>
    </section>
  );
}
