// What an incident or an alert is, shown beside a link to it while the pointer rests there or the link has the focus (WCAG 2.2, 1.4.13:
// Escape hides it, the pointer may move onto it, it stays until it is left). To readers it is the description of the link.
//
// Nothing in it can be pressed, it never takes the focus, and it does not open by touch. Nothing is read before it is shown, and what
// cannot be read shows nothing.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type JSX, type ReactNode } from 'react';
import { Focusable, Tooltip, TooltipTrigger } from 'react-aria-components';

import type { Api } from '../api/client';
import { rowOf } from '../api/known';
import { alertQuery, incidentQuery, raisedQuery, storyQuery, type Raised } from '../api/queries';
import { Badge, Severity, Status } from './Badge';
import { Moment } from './When';
import { Who } from './Who';

const REST_MS = 500;
/** The pointer has so long to get from the link onto what is shown. */
const LEAVE_MS = 300;
/** What was read so lately is shown as it is. */
const FRESH_MS = 60_000;
/** Names that are shown before the rest is counted. */
const NAMES_SHOWN = 3;

interface IncidentPeekProps {
  id: string;
  /** Whether the link is a whole line of a list. */
  isLine?: boolean;
  /** The link. */
  children: JSX.Element;
}

export function IncidentPeek({ id, isLine = false, children }: IncidentPeekProps) {
  return <Peek link={children} shown={<Incident id={id} isLine={isLine} />} />;
}

interface AlertPeekProps {
  /** Its id; or what raised it, where that is all that is known. */
  of: string | Raised;
  /** The link. */
  children: JSX.Element;
}

export function AlertPeek({ of, children }: AlertPeekProps) {
  return <Peek link={children} shown={typeof of === 'string' ? <Alert id={of} /> : <RaisedAlert raised={of} />} />;
}

function Peek({ link, shown }: { link: JSX.Element; shown: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <TooltipTrigger delay={REST_MS} closeDelay={LEAVE_MS} onOpenChange={setOpen}>
      <Focusable>{link}</Focusable>
      {isOpen && shown}
    </TooltipTrigger>
  );
}

function Box({ isLine = false, children }: { isLine?: boolean; children: ReactNode }) {
  return (
    <Tooltip
      className="peek stack tight"
      // Above, so that whoever goes down a list has its next lines free; at the end of a line, so that titles stay free where above is no room.
      placement={isLine ? 'top end' : 'top start'}
      offset={4}
      // Below the document itself it would be in no landmark.
      UNSTABLE_portalContainer={document.getElementById('main') ?? undefined}
    >
      {children}
    </Tooltip>
  );
}

function Incident({ id, isLine }: { id: string; isLine: boolean }) {
  const queries = useQueryClient();
  const [row] = useState(() => rowOf(queries, 'incidents', id));
  const { data, isError } = useQuery({ ...incidentQuery(id), staleTime: FRESH_MS, enabled: row === undefined });
  // A story may be long: it is shown only if somebody has read it.
  const { data: story } = useQuery({ ...storyQuery(id), enabled: false });
  const incident = row ?? (isError ? undefined : data?.incident);
  if (!incident) return null;
  return (
    <Box isLine={isLine}>
      <div className="row">
        <Severity level={incident.severity} />
        <Status status={incident.status} />
        {incident.exercise && <Badge tone="accent">Exercise</Badge>}
        {incident.restricted && (
          <Badge tone="warn" icon="lock">
            Restricted
          </Badge>
        )}
      </div>
      <Title text={incident.title} />
      {story && <p className="small">{story.root_cause.weakness}</p>}
      <dl className="facts small">
        <dt>Alerts</dt>
        <dd>{incident.alerts.toLocaleString('en')}</dd>
        <Names name="Hosts" all={incident.hosts} />
        <Names name="Accounts" all={incident.principals} />
        <Time name="First seen" at={incident.first_seen} />
        <Time name="Last seen" at={incident.last_seen} />
        {incident.assignee && (
          <>
            <dt>Responsible</dt>
            <dd>
              <Who id={incident.assignee} />
            </dd>
          </>
        )}
      </dl>
    </Box>
  );
}

function Alert({ id }: { id: string }) {
  const queries = useQueryClient();
  const [row] = useState(() => rowOf(queries, 'alerts', id));
  const { data, isError } = useQuery({ ...alertQuery(id), staleTime: FRESH_MS, enabled: row === undefined });
  return <AlertBox alert={row ?? (isError ? undefined : data)} />;
}

function RaisedAlert({ raised }: { raised: Raised }) {
  const { data, isError } = useQuery({ ...raisedQuery(raised), staleTime: FRESH_MS });
  return <AlertBox alert={isError ? undefined : data} />;
}

function AlertBox({ alert }: { alert: Api['AlertView'] | null | undefined }) {
  if (!alert) return null;
  return (
    <Box>
      <div className="row">
        <Severity level={alert.severity} />
        <Status status={alert.status} />
      </div>
      <Title text={alert.title} />
      <dl className="facts small">
        <dt>About</dt>
        <dd className="mono">
          <bdi>{alert.subject}</bdi>
        </dd>
        <dt>Rule</dt>
        <dd className="mono">{alert.rule}</dd>
        <dt>Source</dt>
        <dd className="mono">{alert.source}</dd>
        <Time name={alert.time ? 'Event' : 'Raised'} at={alert.time ?? alert.raised_at} />
      </dl>
    </Box>
  );
}

function Title({ text }: { text: string }) {
  return (
    <p className="strong wrap">
      <bdi>{text}</bdi>
    </p>
  );
}

function Names({ name, all }: { name: string; all: readonly string[] }) {
  if (all.length === 0) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <bdi className="mono">{all.slice(0, NAMES_SHOWN).join(', ')}</bdi>
        {all.length > NAMES_SHOWN && ` and ${all.length - NAMES_SHOWN} more`}
      </dd>
    </>
  );
}

function Time({ name, at }: { name: string; at: string | null | undefined }) {
  if (!at) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <Moment at={at} />
      </dd>
    </>
  );
}
