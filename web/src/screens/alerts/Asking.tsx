// The dialogs of triage: why, of what, into which incident; and what could not be done.

import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api, read } from '../../api/client';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Choice, TextBox } from '../../ui/Field';
import { Ask } from '../../ui/Ask';
import { FormDialog } from '../../ui/FormDialog';
import { LEVELS } from '../../ui/levels';
import { count, words } from '../../ui/text';
import { tell } from '../../ui/Toast';
import type { Alert } from './list';
import { Pick } from './Pick';
import type { Triage } from './useTriage';

const FOUND_MAX = 8;
/** Alerts that are read to find as many that fit. */
const READ_MAX = 200;
const TITLE_MAX = 300;
/** Most alerts that can be given to an incident at once. */
const MOVED_MAX = 1_000;
const TOGETHER = 'All alerts of the same rule about the same thing come with them.';

export function Asking({ triage, done }: { triage: Triage; done: () => void }) {
  const { asked, failures, close, dismiss } = triage;
  const name = asked?.name;
  if (!asked) return <Failures failures={failures} close={dismiss} />;
  if (name === 'benign' || name === 'false_positive') return <Harmless status={name} alerts={asked.alerts} triage={triage} />;
  if (name === 'duplicate') return <Duplicate alerts={asked.alerts} triage={triage} />;
  if (name === 'report') return <Report alerts={asked.alerts} close={close} done={done} />;
  if (name === 'give') return <Give alerts={asked.alerts} close={close} done={done} />;
  return null;
}

function Harmless({ status, alerts, triage }: { status: 'benign' | 'false_positive'; alerts: readonly Alert[]; triage: Triage }) {
  return (
    <Ask
      title={`${words(status)}: ${subjectOf(alerts)}`}
      open
      close={triage.close}
      act={status === 'benign' ? 'Mark as benign' : 'Mark as false positive'}
      reason="Why"
      run={(reason) => triage.carry(alerts, { status, reason })}
    >
      <p className="soft">
        {status === 'benign' ? 'Benign: what the alert says is true, and harmless.' : 'False positive: what the alert says is not true.'}
      </p>
    </Ask>
  );
}

function Duplicate({ alerts, triage }: { alerts: readonly Alert[]; triage: Triage }) {
  const [chosen, choose] = useState<string>();
  const [reason, setReason] = useState('');
  const taken = new Set(alerts.map(({ id }) => id));
  const find = async (q: string | undefined, signal: AbortSignal) => {
    // Before anything is typed, the likely ones: alerts of the same rule, those about the same thing first.
    const query = { q, rule: q ? undefined : alerts[0]?.rule, limit: READ_MAX };
    const { items } = await read(api.GET('/api/v1/alerts', { params: { query }, signal }));
    const fit = items.filter(({ id, status }) => !taken.has(id) && status !== 'duplicate');
    const [alike, others] = [true, false].map((same) => fit.filter(({ group }) => (group === alerts[0]?.group) === same));
    const shown = [...(alike ?? []), ...(others ?? [])].slice(0, FOUND_MAX);
    return shown.map(({ id, title, subject, severity }) => ({ id, title, severity, note: `${id} · ${subject}` }));
  };
  return (
    <FormDialog
      title={`Duplicate: ${subjectOf(alerts)}`}
      close={triage.close}
      act="Mark as duplicate"
      ready={chosen !== undefined}
      run={() => triage.carry(alerts, { status: 'duplicate', duplicate_of: chosen, reason: reason.trim() })}
    >
      <Pick
        label="Which alert says the same"
        help="Words of the alert. Duplicates themselves are left out."
        place={['alerts', 'pick', [...taken].join(' ')]}
        find={find}
        chosen={chosen}
        choose={choose}
      />
      <TextBox label="Why, if you like" value={reason} onChange={setReason} lines={2} maxLength={20_000} />
    </FormDialog>
  );
}

function Report({ alerts, close, done }: { alerts: readonly Alert[]; close: () => void; done: () => void }) {
  const worst = LEVELS.find((level) => alerts.some((alert) => alert.severity === level)) ?? 'medium';
  const [title, setTitle] = useState(() => `${alerts[0]?.title ?? ''}: ${alerts[0]?.subject ?? ''}`.slice(0, TITLE_MAX));
  const [severity, setSeverity] = useState<Api['LevelName']>(worst);
  const [reason, setReason] = useState('');
  const opened = useOpened();
  return (
    <FormDialog
      title={`New incident from ${count(alerts.length, 'alert')}`}
      close={close}
      act="Open the incident"
      ready={title.trim() !== '' && reason.trim() !== '' && alerts.length <= MOVED_MAX}
      run={async () => {
        const body = { title: title.trim(), severity, reason: reason.trim(), alerts: alerts.map(({ id }) => id) };
        const { incident } = await read(api.POST('/api/v1/incidents', { body }));
        done();
        opened(incident.id, `Opened ${incident.id}`);
      }}
    >
      <TooMany number={alerts.length} />
      <p className="soft">{TOGETHER} Those that belong to another incident are taken from it.</p>
      <TextBox label="Title" help="One line that says what happened and where." value={title} onChange={setTitle} maxLength={TITLE_MAX} autoFocus required />
      <Choice label="Severity" value={severity} onChange={setSeverity} options={LEVELS.map((level) => [level, words(level)] as const)} />
      <TextBox label="Why it is an incident" value={reason} onChange={setReason} lines={3} required maxLength={20_000} />
    </FormDialog>
  );
}

function Give({ alerts, close, done }: { alerts: readonly Alert[]; close: () => void; done: () => void }) {
  const [chosen, choose] = useState<string>();
  const [reason, setReason] = useState('');
  const opened = useOpened();
  const find = async (q: string | undefined, signal: AbortSignal) => {
    const query = { q, status: ['new', 'open'] as Api['StatusName'][], limit: FOUND_MAX };
    const { items } = await read(api.GET('/api/v1/incidents', { params: { query }, signal }));
    return items.map(({ id, title, hosts, severity }) => ({ id, title, severity, note: [id, ...hosts.slice(0, 3)].join(' · ') }));
  };
  return (
    <FormDialog
      title={`Add ${count(alerts.length, 'alert')} to an incident`}
      close={close}
      act="Add to the incident"
      ready={chosen !== undefined && reason.trim() !== '' && alerts.length <= MOVED_MAX}
      run={async () => {
        if (chosen === undefined) return;
        const body = { alerts: alerts.map(({ id }) => id), reason: reason.trim() };
        await api.POST('/api/v1/incidents/{id}/alerts', { params: { path: { id: chosen } }, body });
        done();
        opened(chosen, `Added to ${chosen}`);
      }}
    >
      <TooMany number={alerts.length} />
      <p className="soft">{TOGETHER} They are taken from the incidents that they belong to now.</p>
      <Pick
        label="Which incident"
        help="Words of its title, a host, an account, its id. Only incidents that are not closed."
        place={['incidents', 'pick']}
        find={find}
        chosen={chosen}
        choose={choose}
      />
      <TextBox label="Why they belong to it" value={reason} onChange={setReason} lines={2} required maxLength={20_000} />
    </FormDialog>
  );
}

function TooMany({ number }: { number: number }) {
  if (number <= MOVED_MAX) return null;
  return <p className="notice warn">At most {MOVED_MAX.toLocaleString('en')} alerts at once. One alert of each group is enough.</p>;
}

function Failures({ failures, close }: { failures: Triage['failures']; close: () => void }) {
  return (
    <Dialog title={`Not done for ${count(failures.length, 'alert')}`} open={failures.length > 0} close={close} wide>
      <table>
        <thead>
          <tr>
            <th scope="col">Alert</th>
            <th scope="col">Why not</th>
          </tr>
        </thead>
        <tbody>
          {failures.slice(0, 100).map(({ alert, detail }) => (
            <tr key={alert.id}>
              <td className="wrap">
                <bdi>{alert.title}</bdi> <span className="mono small soft">{alert.id}</span>
              </td>
              <td className="wrap">{detail}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {failures.length > 100 && <p className="soft">and {failures.length - 100} more</p>}
      <div className="row">
        <Button onPress={close}>Close</Button>
      </div>
    </Dialog>
  );
}

function subjectOf(alerts: readonly Alert[]): string {
  return alerts.length === 1 ? (alerts[0]?.title ?? '') : count(alerts.length, 'alert');
}

/** Says that alerts went to an incident, with the way to it. */
function useOpened(): (id: string, text: string) => void {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (id, text) => {
    tell(text, { label: 'Open', run: () => void navigate({ to: '/incidents/$id', params: { id } }) });
    // Every page that was loaded is read anew; nobody waits for that.
    for (const queryKey of [['alerts'], ['incidents'], ['incident']]) void queries.invalidateQueries({ queryKey });
  };
}
