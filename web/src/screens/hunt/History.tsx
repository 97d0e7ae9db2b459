// What is known of a name in all incidents that the reader may see: what people said of it, and which incidents mention it.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { api, type Api, read } from '../../api/client';
import { Badge, Severity, Status, type Tone } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Found } from '../../ui/State';
import { words } from '../../ui/text';
import { Ago } from '../../ui/When';

const TONES: Record<string, Tone> = { affected: 'bad', ruled_out: 'good', in_scope: 'warn' };
const WORDS_CHARS_MAX = 200;
const FOUND_MAX = 10;

export function History({ name, close }: { name: string; close: () => void }) {
  return (
    <Dialog title="Which incidents know it" open close={close} wide>
      <p className="mono wrap">{name}</p>
      <div className="stack tight">
        <h3>What people said of it</h3>
        <Said name={name} />
      </div>
      <div className="stack tight">
        <h3>Incidents that mention it</h3>
        <Mentioned name={name} />
      </div>
      <div className="row">
        <Button onPress={close}>Close</Button>
      </div>
    </Dialog>
  );
}

function Said({ name }: { name: string }) {
  const query = useQuery({
    queryKey: ['incidents', 'entity', name],
    queryFn: ({ signal }) => read(api.GET('/api/v1/entities', { params: { query: { name } }, signal })),
  });
  return (
    <Found query={query} what="Looking">
      {({ items }) =>
        items.length === 0 ? (
          <p className="soft">Nobody judged anything of this name yet.</p>
        ) : (
          <ul className="stack tight">
            {items.map(({ incident, kind, word, at }) => (
              <li key={`${incident} ${kind}`} className="row">
                <Badge tone={TONES[word] ?? 'plain'}>{words(word)}</Badge>
                <span>{words(kind)} in</span>
                <Link to="/incidents/$id/entities" params={{ id: incident }}>
                  {incident}
                </Link>
                <span className="soft">
                  <Ago at={at} />
                </span>
              </li>
            ))}
          </ul>
        )
      }
    </Found>
  );
}

function Mentioned({ name }: { name: string }) {
  const q = name.slice(0, WORDS_CHARS_MAX);
  const query = useQuery({
    queryKey: ['incidents', 'mention', q],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents', { params: { query: { q, limit: FOUND_MAX } }, signal })),
  });
  return (
    <Found query={query} what="Looking">
      {({ items, next }) => (
        <>
          {items.length === 0 && <p className="soft">No title, host, account or technique of an incident has these words.</p>}
          <ul className="stack tight">
            {items.map((incident) => (
              <Mention key={incident.id} incident={incident} />
            ))}
          </ul>
          {next && (
            <Link to="/incidents" search={{ q }}>
              See all of them
            </Link>
          )}
        </>
      )}
    </Found>
  );
}

function Mention({ incident }: { incident: Api['IncidentView'] }) {
  return (
    <li className="row">
      <Severity level={incident.severity} />
      <Link to="/incidents/$id" params={{ id: incident.id }} className="grow wrap">
        {incident.title}
      </Link>
      <Status status={incident.status} />
    </li>
  );
}
