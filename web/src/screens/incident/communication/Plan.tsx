// Who has to hear by the communication plan, by when, and what they were told.

import type { Api } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { useMay } from '../may';
import { Empty } from '../../../ui/State';
import { count, words } from '../../../ui/text';
import { Left, Moment } from '../../../ui/When';
import type { ComposeStart } from './Compose';
import { PLANNED } from './regimes';

interface PlanProps {
  plan: Api['CommunicationView'];
  write: (start: ComposeStart) => void;
  enter?: (audience: string) => void;
}

export function Plan({ plan, write, enter }: PlanProps) {
  const may = useMay();
  return (
    <section className="card" aria-labelledby="plan">
      <header>
        <h2 id="plan">Who has to hear</h2>
        <span className="soft small">The plan for severity {plan.severity}</span>
        {may.write && (
          <Button icon="plus" onPress={() => write({ audience: '', template: '' })}>
            Another message…
          </Button>
        )}
      </header>
      {plan.planned.length === 0 ? (
        <Empty title="The plan names nobody for this severity">
          <p>You can still write to whoever should know.</p>
        </Empty>
      ) : (
        <div className="talk-scroll">
          <table className="talk">
            <thead>
              <tr>
                <th scope="col">Audience</th>
                <th scope="col">State</th>
                <th scope="col">Who that is</th>
                <th scope="col">Told</th>
                {may.write && <th scope="col">Do</th>}
              </tr>
            </thead>
            <tbody>
              {plan.planned.map((planned) => (
                <Row
                  key={`${planned.audience} ${planned.template}`}
                  planned={planned}
                  write={may.write ? write : undefined}
                  enter={enter}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface RowProps {
  planned: Api['PlannedView'];
  write?: (start: ComposeStart) => void;
  enter?: (audience: string) => void;
}

function Row({ planned, write, enter }: RowProps) {
  const [text, tone] = PLANNED[planned.state];
  const runs = planned.due_at && planned.state !== 'done' && planned.state !== 'not_needed';
  return (
    <tr>
      <th scope="row">
        <span className="strong">{words(planned.audience)}</span>
        {planned.only_if && <span className="block small soft">Only if {planned.only_if}</span>}
      </th>
      <td>
        <Badge tone={tone}>{text}</Badge>
        {runs && planned.due_at && (
          <span className="block small soft">
            {planned.state === 'told' ? 'next ' : ''}
            <Moment at={planned.due_at} />, <Left until={planned.due_at} />
          </span>
        )}
      </td>
      <td className="small">
        {planned.who.map(({ id, stakeholder }) => (
          <span key={id} className="block">
            {stakeholder.name}
            {stakeholder.contacts?.[0] && <span className="soft"> {stakeholder.contacts[0].address}</span>}
          </span>
        ))}
        {planned.who.length === 0 && <span className="soft">Nobody in the directory </span>}
        {enter && (
          <Button look="quiet" aria-label={`Enter somebody… ${words(planned.audience)}`} onPress={() => enter(planned.audience)}>
            Enter somebody…
          </Button>
        )}
      </td>
      <td className="small">{planned.messages.length === 0 ? 'Not told' : count(planned.messages.length, 'message')}</td>
      {write && (
        <td>
          <Button
            aria-label={`Draft… ${words(planned.audience)}`}
            onPress={() => write({ audience: planned.audience, template: planned.template })}
          >
            Draft…
          </Button>
        </td>
      )}
    </tr>
  );
}
