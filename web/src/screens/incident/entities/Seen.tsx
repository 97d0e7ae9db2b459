// Where else a name was seen, and which incidents have something in common with this one.

import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

import { api, type Api, read } from '../../../api/client';
import { incidentQuery } from '../../../api/queries';
import { Badge, Status } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { TextBox } from '../../../ui/Field';
import { IncidentPeek } from '../../../ui/Peek';
import { useSlice } from '../../../ui/Slice';
import { Empty, Found } from '../../../ui/State';
import { words } from '../../../ui/text';
import { Value } from '../../../ui/Value';
import { Moment } from '../../../ui/When';

/** What two incidents share is shown up to here; the rest is counted. */
const SHARED_SHOWN = 10;
const HEADING = 'seen-elsewhere';

interface SeenProps {
  id: string;
  /** The name that is looked for, out of the address. */
  name: string;
  look: (name: string) => void;
}

export function Seen({ id, name, look }: SeenProps) {
  const [typed, setTyped] = useState(name);
  useEffect(() => {
    setTyped(name);
    if (name) document.getElementById(HEADING)?.scrollIntoView({ block: 'nearest' });
  }, [name]);
  const query = useQuery({
    queryKey: ['incidents', 'entities', name],
    queryFn: ({ signal }) => read(api.GET('/api/v1/entities', { params: { query: { name } }, signal })),
    enabled: name !== '',
  });
  return (
    <section className="card" aria-labelledby={HEADING}>
      <header>
        <h2 id={HEADING}>Where else a name was seen</h2>
      </header>
      <div className="body stack">
        <form
          className="row entities-look"
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            look(typed.trim());
          }}
        >
          <TextBox label="Name of a host, account, address or file" value={typed} onChange={setTyped} maxLength={300} />
          <Button type="submit">Look</Button>
        </form>
        {name === '' ? (
          <p className="soft">What people said about an entity of this name in any incident that you see. The whole name, in any case.</p>
        ) : (
          <Found query={query}>{({ items }) => <SeenList id={id} name={name} items={items} />}</Found>
        )}
      </div>
    </section>
  );
}

function SeenList({ id, name, items }: { id: string; name: string; items: readonly Api['EntityWordView'][] }) {
  const { shown, more } = useSlice(items);
  if (items.length === 0) {
    return (
      <p>
        Nobody said anything about <Value text={name} /> in any incident. Press it to look in events and alerts.
      </p>
    );
  }
  return (
    <div className="entities-scroll">
      <table className="entities">
        <thead>
          <tr>
            <th scope="col">Incident</th>
            <th scope="col">Kind</th>
            <th scope="col">Last word</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((item) => (
            <tr key={`${item.incident} ${item.entry}`}>
              <th scope="row">
                {item.incident === id ? (
                  <span>This incident</span>
                ) : (
                  <IncidentPeek id={item.incident}>
                    <Link to="/incidents/$id/entities" params={{ id: item.incident }} search={{}}>
                      {item.incident}
                    </Link>
                  </IncidentPeek>
                )}
              </th>
              <td>{words(item.kind)}</td>
              <td>
                <Badge tone={item.word === 'affected' ? 'bad' : 'plain'}>{words(item.word)}</Badge>
              </td>
              <td className="small">
                <Moment at={item.at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </div>
  );
}

export function Similar({ id }: { id: string }) {
  const query = useQuery({
    queryKey: ['incident', id, 'similar'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents/{id}/similar', { params: { path: { id } }, signal })),
  });
  return (
    <section className="card" aria-labelledby="similar">
      <header>
        <h2 id="similar">Similar incidents</h2>
      </header>
      <Found query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No incident shares anything with this one">
              <p>Hosts, accounts, techniques and what was judged affected are compared.</p>
            </Empty>
          ) : (
            <SimilarList items={items} />
          )
        }
      </Found>
    </section>
  );
}

function SimilarList({ items }: { items: readonly Api['Similar'][] }) {
  const details = useQueries({ queries: items.map(({ incident }) => incidentQuery(incident)) });
  return (
    <ul className="body stack">
      {items.map((item, at) => {
        const detail = details[at]?.data;
        const left = item.shared.length - SHARED_SHOWN;
        return (
          <li key={item.incident} className="stack tight">
            <div className="row">
              <IncidentPeek id={item.incident}>
                <Link className="wrap" to="/incidents/$id" params={{ id: item.incident }} search={{}}>
                  {detail?.title ?? item.incident}
                </Link>
              </IncidentPeek>
              {detail && <Status status={detail.status} />}
            </div>
            <p className="small soft">Shares, the rarest first:</p>
            <ul className="row">
              {item.shared.slice(0, SHARED_SHOWN).map((shared) => (
                <li key={`${shared.kind} ${shared.name}`} className="row small">
                  <span className="soft">{words(shared.kind)}</span>
                  <Value text={shared.name} />
                </li>
              ))}
              {left > 0 && <li className="soft small">and {left} more</li>}
            </ul>
          </li>
        );
      })}
    </ul>
  );
}
