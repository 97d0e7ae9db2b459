// One event beside the list: every field of its record with its value, to search on with, and the record as it is. All of it was
// written by others and is only ever text.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';

import type { Api } from '../../api/client';
import { accountQuery } from '../../api/queries';
import { IconButton } from '../../ui/Button';
import { fieldsOf, prettyOf, type RecordField } from '../../ui/fields';
import { Icon } from '../../ui/Icon';
import { PanelPart, SidePanel } from '../../ui/SidePanel';
import { useSlice } from '../../ui/Slice';
import { Found } from '../../ui/State';
import { count } from '../../ui/text';
import { Value, Values } from '../../ui/Value';
import { Moment } from '../../ui/When';
import { eventQuery } from '../alerts/list';
import { History } from './History';
import { conditionOf } from './search';

type Event = Api['EventView'];

/** Longest value that is shown as one to act on. */
const VALUE_MAX = 600;
/** Longest name of which the history can be asked. */
const NAME_MAX = 300;
const WORDS_MAX = 60;

interface EventPanelProps {
  id: string;
  known: Event | undefined;
  close: () => void;
  narrow: (condition: string) => void;
}

export function EventPanel({ id, known, close, narrow }: EventPanelProps) {
  const query = useQuery({ ...eventQuery(id), placeholderData: known });
  return (
    <SidePanel title={query.data ? (query.data.action ?? 'Event of an unknown kind') : `Event ${id}`} close={close}>
      <Found query={query}>
        {(event) => (
          <>
            <Facts event={event} />
            <Fields key={event.id} event={event} narrow={narrow} />
            <PanelPart title="The record">
              <pre>{prettyOf(event.raw)}</pre>
            </PanelPart>
          </>
        )}
      </Found>
    </SidePanel>
  );
}

function Facts({ event }: { event: Event }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  return (
    <dl className="facts">
      <dt>Happened</dt>
      <dd>{event.time ? <Moment at={event.time} /> : 'The record has no time that Quell knows.'}</dd>
      <dt>Arrived</dt>
      <dd>
        <Moment at={event.received_at} />
      </dd>
      <dt>Source</dt>
      <dd>
        <Link to="/hunt" search={(search) => ({ ...search, source: event.source })}>
          {event.source}
        </Link>
      </dd>
      <dt>Read as</dt>
      <dd>
        {event.mapping ?? 'no mapping knows it'}
        {event.class_uid ? `, OCSF class ${event.class_uid}` : ''}
        {event.class_uid && event.activity_id ? `, activity ${event.activity_id}` : ''}
      </dd>
      <dt>Id</dt>
      <dd className="mono">{event.id}</dd>
      {account.rights.includes('alerts:read') && (
        <>
          <dt>Alerts</dt>
          <dd>
            <Link to="/alerts" search={{ source: event.source, since: event.time ?? undefined }}>
              Of this source from then on
            </Link>
          </dd>
        </>
      )}
    </dl>
  );
}

function Fields({ event, narrow }: { event: Event; narrow: (condition: string) => void }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const fields = useMemo(() => fieldsOf(event.raw), [event.raw]);
  const { shown, more } = useSlice(fields ?? []);
  const [asked, setAsked] = useState<string>();
  if (!fields) return <Line raw={event.raw} />;
  const mayAsk = account.rights.includes('incidents:read');
  return (
    <PanelPart title={`${count(fields.length, 'field')} of the record`}>
      <p className="soft small hunt-marks">
        <Icon name="hunt" /> keeps only events with this value.
        {mayAsk && (
          <>
            {' '}
            <Icon name="incident" /> asks which incidents know it.
          </>
        )}
      </p>
      <table className="hunt-fields">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Value</th>
            <th scope="col">
              <span className="hidden">What to do with it</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((field, index) => (
            <Row key={index} field={field} narrow={narrow} ask={mayAsk ? setAsked : undefined} />
          ))}
        </tbody>
      </table>
      {more && <div>{more}</div>}
      {asked !== undefined && <History name={asked} close={() => setAsked(undefined)} />}
    </PanelPart>
  );
}

function Row({ field, narrow, ask }: { field: RecordField; narrow: (condition: string) => void; ask: ((name: string) => void) | undefined }) {
  const { path, name, text } = field;
  const condition = text === '' || text === '{}' || text === '[]' ? undefined : conditionOf(name, text);
  const isName = condition !== undefined && text.length <= NAME_MAX && /\p{L}|\d{3}/u.test(text);
  return (
    <tr>
      <th scope="row" className="mono">
        {path || 'value'}
      </th>
      <td>
        {text === '' && <span className="soft">empty</span>}
        {text !== '' && (text.length <= VALUE_MAX ? <Value text={text} /> : <span className="mono wrap">{text}</span>)}
      </td>
      <td>
        <span className="hunt-acts">
          {condition && <IconButton icon="hunt" label={`Only events with this value of ${name}`} onPress={() => narrow(condition)} />}
          {isName && ask && <IconButton icon="incident" label={`Which incidents know this value of ${name}`} onPress={() => ask(text)} />}
        </span>
      </td>
    </tr>
  );
}

/** A record that is no JSON: its words, to search on with. */
function Line({ raw }: { raw: string }) {
  const words = [...new Set(raw.split(/\s+/).filter((word) => word.length > 1))];
  return (
    <PanelPart title="Words of the record">
      <p className="soft">It is a line of text. The names of its fields are not known here, but conditions can use them if its source has them.</p>
      <Values all={words} most={WORDS_MAX} />
    </PanelPart>
  );
}
