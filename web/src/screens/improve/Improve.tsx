// How the work on incidents goes, and what is proposed to make it better.
//
// Figures are about incidents, never about people: nothing here may rank who works on them.

import { keepPreviousData, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api, read } from '../../api/client';
import { accountQuery, frameworksQuery, handbookQuery } from '../../api/queries';
import { Badge } from '../../ui/Badge';
import { Button, LinkButton } from '../../ui/Button';
import { TextBox } from '../../ui/Field';
import { useSettings } from '../../ui/settings';
import { Empty, Found } from '../../ui/State';
import { count } from '../../ui/text';
import { Moment } from '../../ui/When';
import { Counts } from './Counts';
import { pointOf } from './figures';
import { Times } from './Times';
import { Tuning } from './Tuning';
import '../../ui/parts.css';
import './improve.css';

const route = getRouteApi('/shell/improve');

const RANGES = [
  ['30d', 'Last 30 days'],
  ['90d', 'Last 90 days'],
  ['365d', 'Last 12 months'],
  [undefined, 'All'],
] as const;

export default function Improve() {
  const { data: account } = useSuspenseQuery(accountQuery);
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
        {account.rights.includes('alerts:read') && <Tuning />}
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
  const { zone } = useSettings();
  const change = (next: { since?: string; until?: string }) => void navigate({ to: '/improve', search: next, resetScroll: false });
  return (
    <section className="row filters" aria-label="Time in which incidents were opened">
      {RANGES.map(([value, text]) => (
        <Button key={text} aria-pressed={search.since === value && !search.until} onPress={() => change({ since: value })}>
          {text}
        </Button>
      ))}
      <TextBox
        label={`From (${zone === 'utc' ? 'UTC' : 'local time'})`}
        type="datetime-local"
        value={fieldOf(since, zone)}
        onChange={(value) => change({ since: timeOf(value, zone), until: search.until })}
      />
      <TextBox
        label={`To (${zone === 'utc' ? 'UTC' : 'local time'})`}
        type="datetime-local"
        value={fieldOf(until, zone)}
        onChange={(value) => change({ since: search.since, until: timeOf(value, zone) })}
      />
    </section>
  );
}

/** A time as the browser's field wants it: without a zone. */
function fieldOf(time: string | undefined, zone: 'utc' | 'local'): string {
  if (!time) return '';
  const at = new Date(time);
  const shift = zone === 'utc' ? 0 : at.getTimezoneOffset() * 60_000;
  return new Date(at.getTime() - shift).toISOString().slice(0, 16);
}

function timeOf(field: string, zone: 'utc' | 'local'): string | undefined {
  if (field === '') return undefined;
  const at = new Date(zone === 'utc' ? `${field}Z` : field);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
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
