// What is due to whom: time left, what has to be in it, and that it was sent.

import { useState } from 'react';

import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { useMay } from '../may';
import { Empty } from '../../../ui/State';
import { count, span, words } from '../../../ui/text';
import { Left, Moment } from '../../../ui/When';
import { deadlineRank, waitText, type Deadline, type Regime } from './regimes';
import { AnchorForm, SubmitForm, type ClockWork } from './ClockForms';

interface DeadlinesProps {
  id: string;
  deadlines: readonly Deadline[];
  regimes: readonly Regime[];
  work: ClockWork;
}

export function Deadlines({ id, deadlines, regimes, work }: DeadlinesProps) {
  const [sending, setSending] = useState<Deadline>();
  const [anchoring, setAnchoring] = useState<{ regime: string; anchor: string }>();
  const sorted = [...deadlines].sort((a, b) => deadlineRank(a) - deadlineRank(b) || (a.due_at ?? '9').localeCompare(b.due_at ?? '9'));
  return (
    <section className="card" aria-labelledby="deadlines">
      <header>
        <h2 id="deadlines">Deadlines</h2>
        <span className="soft small">No legal advice. Read the source before you rely on a date.</span>
      </header>
      {sorted.length === 0 ? (
        <Empty title="No deadline runs">
          <p>Decide below which regimes apply. Each that applies brings its notifications here.</p>
        </Empty>
      ) : (
        <div className="talk-scroll">
          <table className="talk">
            <thead>
              <tr>
                <th scope="col">Notification</th>
                <th scope="col">To</th>
                <th scope="col">State</th>
                <th scope="col">What has to be in it</th>
                <th scope="col">Do</th>
              </tr>
            </thead>
            <tbody>
              {sorted.map((deadline) => (
                <Row
                  key={`${deadline.regime} ${deadline.stage}`}
                  deadline={deadline}
                  regime={regimes.find(({ id: each }) => each === deadline.regime)}
                  send={() => setSending(deadline)}
                  anchor={(anchor) => setAnchoring({ regime: deadline.regime, anchor })}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {sending && <SubmitForm id={id} deadline={sending} work={work} close={() => setSending(undefined)} />}
      {anchoring && <AnchorForm id={id} start={anchoring} regimes={regimes} work={work} close={() => setAnchoring(undefined)} />}
    </section>
  );
}

interface RowProps {
  deadline: Deadline;
  regime: Regime | undefined;
  send: () => void;
  anchor: (anchor: string) => void;
}

function Row({ deadline, regime, send, anchor }: RowProps) {
  const may = useMay();
  const { state } = deadline;
  const marks = [
    deadline.advisory && 'the hours are Quell’s: the source names no figure',
    deadline.recommended && 'a recommendation for this class',
    deadline.conditional && 'what it counts from need not happen',
  ].filter((mark) => mark !== false);
  const waitsFor = state.state === 'waiting' ? state.for_any_of.filter((each) => !each.startsWith('submitted:')) : [];
  return (
    <tr>
      <th scope="row">
        <span className="strong">{deadline.name}</span>
        <span className="block small soft">{regime?.name ?? deadline.regime}</span>
        {marks.length > 0 && <span className="block small soft">{words(marks.join('; '))}</span>}
      </th>
      <td>{deadline.to}</td>
      <td>
        <State deadline={deadline} regime={regime} />
      </td>
      <td>
        <details>
          <summary>{count(deadline.fields.length, 'part')}</summary>
          <ul className="bullets small">
            {deadline.fields.map((field) => (
              <li key={field}>{words(field)}</li>
            ))}
          </ul>
        </details>
      </td>
      <td>
        {may.write && (
          <span className="stack tight">
            {state.state !== 'not_due' && (
              <Button aria-label={`It was sent… ${deadline.name}`} onPress={send}>
                {state.state === 'sent' ? 'Sent again…' : 'It was sent…'}
              </Button>
            )}
            {waitsFor[0] !== undefined && (
              <Button aria-label={`Set when it began… ${deadline.name}`} onPress={() => anchor(waitsFor[0] ?? '')}>
                Set when it began…
              </Button>
            )}
          </span>
        )}
      </td>
    </tr>
  );
}

function State({ deadline: { state, due_at }, regime }: { deadline: Deadline; regime: Regime | undefined }) {
  const due = due_at && (
    <span className="block small soft">
      due <Moment at={due_at} />
    </span>
  );
  switch (state.state) {
    case 'not_due':
      return (
        <>
          <Badge>Not due</Badge>
          <span className="block small soft">by the answers given</span>
        </>
      );
    case 'waiting':
      return (
        <>
          <Badge tone="warn">Waiting</Badge>
          <span className="block small soft">until {state.for_any_of.map((anchor) => waitText(anchor, regime)).join(', or ')}</span>
        </>
      );
    case 'running':
      return (
        <>
          <Badge tone={state.overdue ? 'bad' : 'warn'} icon="now">
            {due_at ? <Left until={due_at} /> : 'Running'}
          </Badge>
          {due}
        </>
      );
    case 'sent':
      return (
        <>
          <Badge tone="good">Sent</Badge>
          <span className="block small soft">
            <Moment at={state.at} />
            {typeof state.margin_seconds === 'number' && `, ${span(state.margin_seconds)} ${state.margin_seconds < 0 ? 'late' : 'early'}`}
          </span>
        </>
      );
  }
}
