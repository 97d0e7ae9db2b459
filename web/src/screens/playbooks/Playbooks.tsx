// All playbooks: what each is for, and how much of it this server can do by itself.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';

import { playbooksQuery } from '../../api/queries';
import type { Api } from '../../api/client';
import { Badge } from '../../ui/Badge';
import { Button, LinkButton } from '../../ui/Button';
import { Filters } from '../../ui/Filters';
import { Empty, Found } from '../../ui/State';
import { count } from '../../ui/text';
import { Values } from '../../ui/Value';
import { readDraft } from './editor/drafts';
import { actionsQuery } from './queries';
import './playbooks.css';

const route = getRouteApi('/shell/playbooks');
type Row = Api['PlaybookView'];

export default function Playbooks() {
  const { q } = route.useSearch();
  const navigate = useNavigate();
  const query = useQuery(playbooksQuery);
  const change = (_name: string, value: string | undefined) => void navigate({ to: '/playbooks', search: { q: value }, replace: true });
  return (
    <div className="page">
      <title>Playbooks · Quell</title>
      <header>
        <h1 className="grow">Playbooks</h1>
        <LinkButton to="/playbooks/new" icon="plus">
          {readDraft(undefined) === undefined ? 'Write a playbook' : 'Go on with your playbook'}
        </LinkButton>
      </header>
      <Found query={query}>
        {({ items }) => (
          <>
            <Readiness playbooks={items} />
            <Filters
              text={q}
              given={{}}
              change={change}
              fixed={[]}
              free={[]}
              placeholder="Words of the title, a technique, an action, or “ready”"
            />
            <List rows={items.filter((row) => fits(row, q ?? ''))} all={items.length} />
          </>
        )}
      </Found>
    </div>
  );
}

/** What this server can do outside of itself, in one sentence, before anybody looks at single playbooks. */
function Readiness({ playbooks }: { playbooks: readonly Row[] }) {
  const { data } = useQuery(actionsQuery);
  const ready = playbooks.filter((row) => row.by_hand.length === 0).length;
  return (
    <p className={ready === 0 ? 'notice warn' : 'notice'}>
      {ready === 0
        ? 'No playbook runs here without people doing some of its actions. '
        : `${count(ready, 'playbook runs', 'playbooks run')} here with every action done by Quell. `}
      {data && (data.items.length === 0 ? 'No target is configured. ' : `Targets are configured for ${count(data.items.length, 'action')}. `)}
      Actions without a target are steps for people; targets are named under [response] in the configuration.
    </p>
  );
}

function List({ rows, all }: { rows: readonly Row[]; all: number }) {
  const navigate = useNavigate();
  if (rows.length === 0) {
    return (
      <Empty title="No playbook fits">
        <p>Try fewer words, or a technique such as T1078.</p>
        <Button onPress={() => void navigate({ to: '/playbooks', search: {} })}>Show all</Button>
      </Empty>
    );
  }
  return (
    <section className="card" aria-labelledby="library">
      <header>
        <h2 id="library">Library</h2>
        <span className="soft" role="status">
          {rows.length === all ? count(all, 'playbook') : `${rows.length} of ${count(all, 'playbook')}`}
        </span>
      </header>
      <ul className="library">
        {rows.map((row) => (
          <Entry key={row.name} row={row} />
        ))}
      </ul>
    </section>
  );
}

function Entry({ row }: { row: Row }) {
  const asked = Object.entries(row.asks);
  const itself = row.actions.filter((action) => !row.by_hand.includes(action));
  return (
    <li className="library-entry">
      <div className="stack tight">
        <h3>
          <Link to="/playbooks/$name" params={{ name: row.name }}>
            {row.title}
          </Link>
        </h3>
        <p>{row.summary}</p>
        {row.techniques.length > 0 ? <Values all={row.techniques} /> : <p className="soft small">For no technique: begun by name only</p>}
      </div>
      <div className="stack tight">
        <Ready row={row} />
        <details>
          <summary>
            {count(row.actions.length, 'action')}, asks for {count(asked.length, 'value')}
          </summary>
          <dl className="facts small">
            <dt>Quell does</dt>
            <dd className="mono wrap">{itself.join(', ') || 'nothing'}</dd>
            <dt>By hand here</dt>
            <dd className="mono wrap">{row.by_hand.join(', ') || 'nothing'}</dd>
            {asked.map(([name, about]) => (
              <div key={name} style={{ display: 'contents' }}>
                <dt className="mono">{name}</dt>
                <dd>{about}</dd>
              </div>
            ))}
          </dl>
        </details>
      </div>
    </li>
  );
}

function Ready({ row }: { row: Row }) {
  if (row.actions.length === 0) return <Badge icon="person">People do all of it</Badge>;
  if (row.by_hand.length === 0) {
    return (
      <Badge tone="good" icon="check">
        Ready here
      </Badge>
    );
  }
  return (
    <Badge tone="warn" icon="person">
      {row.by_hand.length} of {count(row.actions.length, 'action')} by hand
    </Badge>
  );
}

/** All words have to be in it somewhere. */
function fits(row: Row, q: string): boolean {
  const ready = row.by_hand.length === 0 ? 'ready' : 'by hand';
  const text = [row.name, row.title, row.summary, ready, ...row.techniques, ...row.actions, ...Object.entries(row.asks).flat()]
    .join(' ')
    .toLowerCase();
  return q.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
