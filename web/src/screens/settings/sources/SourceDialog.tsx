// One source: what came, what was no record, and its settings. What was rejected is text of strangers, shown as it is.

import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api, read } from '../../../api/client';
import { accountQuery } from '../../../api/queries';
import { Button } from '../../../ui/Button';
import { Dialog } from '../../../ui/Dialog';
import { Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { Found, Trouble } from '../../../ui/State';
import { count, span } from '../../../ui/text';
import { tell } from '../../../ui/Toast';
import { Ago, Moment } from '../../../ui/When';
import { useTeams } from '../people/queries';
import { State } from './Sources';

type Source = Api['SourceView'];

export function SourceDialog({ source, close }: { source: Source; close: () => void }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  return (
    <Dialog title={source.name} open close={close} wide>
      <dl className="facts">
        <dt>State</dt>
        <dd>
          <State source={source} />
        </dd>
        <dt>Records</dt>
        <dd>
          {source.records.toLocaleString('en')}, and {source.duplicates.toLocaleString('en')} that had arrived before
        </dd>
        <dt>Alerts on them</dt>
        <dd>{source.alerts.toLocaleString('en')}</dd>
        <dt>Last record</dt>
        <dd>{source.last_received_at ? <Ago at={source.last_received_at} /> : 'none yet'}</dd>
        <dt>Latest event</dt>
        <dd>
          {source.last_event_at ? <Moment at={source.last_event_at} /> : 'none yet'}
          {source.lag_seconds != null && `, ${span(source.lag_seconds)} before it arrived`}
        </dd>
      </dl>
      {account.rights.includes('sources:manage') && <SourceForm source={source} />}
      {account.rights.includes('events:read') && <Rejected source={source} />}
      <div>
        <Button onPress={close}>Close</Button>
      </div>
    </Dialog>
  );
}

function SourceForm({ source }: { source: Source }) {
  const queries = useQueryClient();
  const teams = useTeams();
  const [description, setDescription] = useState(source.description);
  const [minutes, setMinutes] = useState(source.silent_after_seconds == null ? '' : String(source.silent_after_seconds / 60));
  const [team, setTeam] = useState(source.team ?? '');
  const [error, setError] = useState<unknown>();
  const save = async () => {
    setError(undefined);
    const silent_after_seconds = minutes.trim() === '' ? null : Math.round(Number(minutes) * 60);
    try {
      await api.PUT('/api/v1/sources/{name}', {
        params: { path: { name: source.name } },
        body: { description, silent_after_seconds, team: team || null },
      });
      await queries.invalidateQueries({ queryKey: ['sources'] });
      tell('The source was changed');
    } catch (refused) {
      setError(refused);
    }
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h3>Settings</h3>
      <TextBox label="What it is" value={description} onChange={setDescription} maxLength={1_000} />
      <TextBox
        label="Silent after so many minutes without a record"
        help="Leave it empty for a source that may be quiet as long as it likes"
        type="number"
        value={minutes}
        onChange={setMinutes}
      />
      <Choice
        label="Team whose events and alerts these are"
        value={team}
        onChange={setTeam}
        options={[['', 'All'], ...[...teams].map(([id, name]) => [id, name] as const)]}
      />
      {error !== undefined && <Trouble error={error} />}
      <div>
        <Button type="submit" look="primary">
          Save
        </Button>
      </div>
    </form>
  );
}

function Rejected({ source }: { source: Source }) {
  const query = useQuery({
    queryKey: ['sources', source.name, 'rejected'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/sources/{name}/rejected', { params: { path: { name: source.name } }, signal })),
  });
  return (
    <div className="stack tight">
      <h3>Rejected</h3>
      <p className="soft small">
        {count(source.rejected, 'part was', 'parts were')} no record, or of a kind that no mapping knows. Kept are the latest that were no
        record:
      </p>
      <Found query={query}>
        {(parts) =>
          parts.length === 0 ? (
            <p>Nothing was kept.</p>
          ) : (
            <ul className="stack tight">
              {parts.map((part, index) => (
                <li key={index} className="stack tight">
                  <p className="small">
                    <Ago at={part.received_at} />, byte {part.offset.toLocaleString('en')}: {part.reason}
                  </p>
                  <pre>{part.excerpt}</pre>
                </li>
              ))}
            </ul>
          )
        }
      </Found>
    </div>
  );
}

export function NewSource({ close, made }: { close: () => void; made: (name: string) => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const make = async () => {
    const known = queries.getQueryData<Source[]>(['sources'])?.some((source) => source.name === name);
    // Putting settings replaces them: what is known already is only opened.
    if (!known) await api.PUT('/api/v1/sources/{name}', { params: { path: { name } }, body: {} });
    await queries.invalidateQueries({ queryKey: ['sources'] });
    made(name);
  };
  return (
    <FormDialog title="Set up a source" close={close} act="Set it up" ready={name.trim() !== ''} run={make}>
      <p>A source is there by itself with its first record. Set it up before if it belongs to one team only.</p>
      <TextBox
        label="Name"
        help="Letters, digits, dot, hyphen and underscore; at most 64"
        value={name}
        onChange={setName}
        maxLength={64}
        autoFocus
        required
      />
    </FormDialog>
  );
}
