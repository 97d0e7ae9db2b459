// One alert beside the queue: what matched, why, the record itself, its incident, its status, and what can be done. Everything of the
// record is inert text.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { accountQuery, alertQuery, incidentQuery } from '../../api/queries';
import { otherTags, techniquesOf } from '../../ui/attack';
import { Badge, Severity, Status } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { prettyOf } from '../../ui/fields';
import { AlertPeek, IncidentPeek } from '../../ui/Peek';
import { useSettings } from '../../ui/settings';
import { PanelPart, SidePanel } from '../../ui/SidePanel';
import { Found } from '../../ui/State';
import { count } from '../../ui/text';
import { Value } from '../../ui/Value';
import { Moment } from '../../ui/When';
import { useNames } from '../../ui/Who';
import { actsFor, type ActName } from './acts';
import { countsQuery, eventQuery, type Alert } from './list';
import { Tuning } from './Tuning';

interface AlertPanelProps {
  id: string;
  /** What the list knows of it. */
  known: Alert | undefined;
  close: () => void;
  start: (name: ActName, alerts: readonly Alert[]) => void;
}

export function AlertPanel({ id, known, close, start }: AlertPanelProps) {
  const query = useQuery({ ...alertQuery(id), placeholderData: known });
  return (
    <SidePanel title={query.data?.title ?? id} close={close}>
      <Found query={query}>
        {(alert) => (
          <>
            <Head alert={alert} start={start} />
            <Matched alert={alert} />
            <Why alert={alert} />
            <Belongs alert={alert} />
            <Record alert={alert} />
            <Rights need="alerts:triage">
              <Tuning key={alert.id} alert={alert} />
            </Rights>
            <Keys />
          </>
        )}
      </Found>
    </SidePanel>
  );
}

function Head({ alert, start }: { alert: Alert; start: AlertPanelProps['start'] }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const nameOf = useNames();
  const now = { claimed: 'claim', confirmed: 'confirm', new: 'back' }[alert.status];
  const mine = alert.assignee === account.user.id;
  return (
    <div className="stack tight">
      <div className="row">
        <Severity level={alert.severity} />
        <Status status={alert.status} />
        {alert.assignee && <span className="soft">by {mine ? 'you' : nameOf(alert.assignee)}</span>}
        <span className="soft mono small">{alert.id}</span>
      </div>
      {alert.duplicate_of && (
        <p>
          Says the same as{' '}
          <AlertPeek of={alert.duplicate_of}>
            <Link to="/alerts" search={(search) => ({ ...search, alert: alert.duplicate_of ?? undefined })}>
              {alert.duplicate_of}
            </Link>
          </AlertPeek>
        </p>
      )}
      {alert.reason && <p className="wrap">Why: {alert.reason}</p>}
      <div className="row" role="group" aria-label="Decide">
        {actsFor(account.rights)
          .filter(({ name }) => name !== now || (name === 'claim' && !mine))
          .map(({ name, text, icon, key }) => (
            <Button key={name} icon={icon} aria-keyshortcuts={key} onPress={() => start(name, [alert])}>
              {text}
            </Button>
          ))}
      </div>
    </div>
  );
}

function Matched({ alert }: { alert: Alert }) {
  const fields = Object.entries(alert.matched);
  return (
    <PanelPart title="What matched">
      <dl className="facts">
        <dt>About</dt>
        <dd>
          <Value text={alert.subject} />
        </dd>
        {fields.map(([name, value]) => (
          <div key={name} className="fact">
            <dt className="wrap">{name}</dt>
            <dd>
              <Value text={value} />
            </dd>
          </div>
        ))}
      </dl>
      {fields.length === 0 && <p className="soft">The rule names no single fields. Look at the record below.</p>}
    </PanelPart>
  );
}

function Why({ alert }: { alert: Alert }) {
  const alike = useQuery(countsQuery({ group: alert.group }));
  const techniques = techniquesOf(alert.tags);
  return (
    <PanelPart title="Why">
      <dl className="facts">
        <dt>Rule</dt>
        <dd>
          <Link to="/alerts" search={(search) => ({ ...search, rule: alert.rule })}>
            {alert.title}
          </Link>{' '}
          <span className="soft small mono wrap">{alert.rule}</span>
        </dd>
        {techniques.length > 0 && (
          <>
            <dt>Techniques</dt>
            <dd className="row">
              {techniques.map((technique) => (
                <Link key={technique} to="/alerts" search={(search) => ({ ...search, technique })}>
                  {technique}
                </Link>
              ))}
            </dd>
          </>
        )}
        <dt>Tags</dt>
        <dd className="row">
          {otherTags(alert.tags).map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
        </dd>
        <dt>Event</dt>
        <dd>{alert.time ? <Moment at={alert.time} /> : 'no time'}</dd>
        <dt>Raised</dt>
        <dd>
          <Moment at={alert.raised_at} />
        </dd>
        <dt>Like this</dt>
        <dd>
          {alike.data && alike.data.total > 1 ? (
            <Link to="/alerts" search={{ group: alert.group, alert: alert.id }}>
              {alike.data.at_least && 'at least '}
              {count(alike.data.total, 'alert')} of this rule about the same thing
            </Link>
          ) : (
            'No other alert of this rule about the same thing'
          )}
        </dd>
      </dl>
    </PanelPart>
  );
}

function Belongs({ alert }: { alert: Alert }) {
  return (
    <PanelPart title="Incident">
      {alert.incident ? (
        <Rights need="incidents:read" otherwise={<span className="mono">{alert.incident}</span>}>
          <Incident id={alert.incident} />
        </Rights>
      ) : (
        <p className="soft">It belongs to none. Open a new incident from it, or add it to one.</p>
      )}
    </PanelPart>
  );
}

function Incident({ id }: { id: string }) {
  const { data } = useQuery(incidentQuery(id));
  return (
    <div className="row">
      <IncidentPeek id={id}>
        <Link to="/incidents/$id" params={{ id }} className="wrap">
          {data?.title ?? id}
        </Link>
      </IncidentPeek>
      {data && <Status status={data.status} />}
      <Link to="/alerts" search={{ incident: id, alert: undefined }} className="small">
        All its alerts
      </Link>
    </div>
  );
}

function Record({ alert }: { alert: Alert }) {
  return (
    <PanelPart title="The record">
      <p className="row">
        <span className="soft">
          From <span className="mono">{alert.source}</span>, read as <span className="mono">{alert.mapping}</span>
        </span>
        <Rights need="events:read">
          <Link to="/hunt" search={{ event: alert.event }}>
            All its fields
          </Link>
        </Rights>
      </p>
      <Rights need="events:read" otherwise={<p className="soft">You may not read events.</p>}>
        <Raw event={alert.event} />
      </Rights>
    </PanelPart>
  );
}

function Raw({ event }: { event: string }) {
  const query = useQuery(eventQuery(event));
  return <Found query={query}>{({ raw }) => <pre>{prettyOf(raw)}</pre>}</Found>;
}

function Keys() {
  const { data: account } = useSuspenseQuery(accountQuery);
  const { keys } = useSettings();
  if (!keys) return <p className="soft small">Single keys are switched off.</p>;
  return (
    <PanelPart title="Keys">
      <p className="soft small">They act on what is selected; else on the row with the focus; else on this alert.</p>
      <ul className="row small">
        {actsFor(account.rights).map(
          ({ key, text }) =>
            key && (
              <li key={key}>
                <kbd>{key}</kbd> {text.replace('…', '')}
              </li>
            ),
        )}
        <li>
          <kbd>Esc</kbd> Close
        </li>
      </ul>
    </PanelPart>
  );
}

function Rights({ need, otherwise = null, children }: { need: string; otherwise?: ReactNode; children: ReactNode }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  return (account.rights as readonly string[]).includes(need) ? children : otherwise;
}
