// What waits for people: decisions of runs, notifications that are due, tasks.

import { Link } from '@tanstack/react-router';

import type { Api } from '../../api/client';
import { Badge } from '../../ui/Badge';
import { Icon } from '../../ui/Icon';
import { IncidentPeek } from '../../ui/Peek';
import { Empty } from '../../ui/State';
import { Ago, Left } from '../../ui/When';

const SHOWN_MAX = 8;

const WAITS: Record<string, string> = {
  approval: 'needs agreement',
  person: 'is to be done by hand',
  evidence: 'waits for evidence to be sealed',
};

export function Decisions({ decisions }: { decisions: Api['DecisionView'][] }) {
  return (
    <section className="card waits" aria-labelledby="decisions">
      <header>
        <h2 id="decisions">Waits for a decision</h2>
        <Badge tone="warn">{decisions.length}</Badge>
      </header>
      <ul className="incident-list">
        {decisions.map((decision) => (
          <li key={`${decision.run} ${decision.token}`}>
            <IncidentPeek id={decision.incident} isLine>
              <Link
                to="/incidents/$id/response"
                params={{ id: decision.incident }}
                search={{ run: decision.run }}
                className="incident-line"
              >
                <Icon name="playbook" />
                <span className="grow">
                  <span className="strong">{decision.step}</span> {WAITS[decision.wait] ?? decision.wait}
                  <span className="soft small row">
                    <span>{decision.playbook}</span>
                    <span>
                      since <Ago at={decision.since} />
                    </span>
                  </span>
                </span>
                {decision.agreed && <Badge tone="good">You agreed</Badge>}
                {decision.expires_at && <Left until={decision.expires_at} />}
                <Icon name="right" />
              </Link>
            </IncidentPeek>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Clocks({ deadlines }: { deadlines: Api['DueView'][] }) {
  return (
    <section className="card" aria-labelledby="clocks">
      <header>
        <h2 id="clocks">Clocks</h2>
        {deadlines.length > 0 && <Badge>{deadlines.length}</Badge>}
      </header>
      {deadlines.length === 0 && (
        <Empty title="No clock runs">
          <p>A clock begins when somebody declares an incident and says which duties apply.</p>
        </Empty>
      )}
      <ul className="incident-list">
        {deadlines.slice(0, SHOWN_MAX).map(({ incident, title, deadline }) => {
          const isOverdue = deadline.state.state === 'running' && deadline.state.overdue;
          return (
            <li key={`${incident} ${deadline.regime} ${deadline.stage}`}>
              <IncidentPeek id={incident} isLine>
                <Link to="/incidents/$id/communication" params={{ id: incident }} className="incident-line">
                  <span className="grow">
                    <span className="strong">{deadline.name}</span> to {deadline.to}
                    <span className="soft small row">{title}</span>
                  </span>
                  <Badge tone={isOverdue ? 'bad' : 'warn'} icon="now">
                    {deadline.due_at && <Left until={deadline.due_at} />}
                  </Badge>
                </Link>
              </IncidentPeek>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

export function Tasks({ tasks }: { tasks: Api['TaskView'][] }) {
  return (
    <section className="card" aria-labelledby="my-tasks">
      <header>
        <h2 id="my-tasks">Tasks for you</h2>
        {tasks.length > 0 && <Badge>{tasks.length}</Badge>}
      </header>
      {tasks.length === 0 && <Empty title="Nothing is on your list" />}
      <ul className="incident-list">
        {tasks.slice(0, SHOWN_MAX).map(({ incident, title, task }) => (
          <li key={`${incident} ${task.id}`}>
            <IncidentPeek id={incident} isLine>
              <Link to="/incidents/$id/work" params={{ id: incident }} className="incident-line">
                <span className="grow">
                  {task.title}
                  <span className="soft small row">{title}</span>
                </span>
                {task.due_at && <Left until={task.due_at} />}
              </Link>
            </IncidentPeek>
          </li>
        ))}
      </ul>
    </section>
  );
}
