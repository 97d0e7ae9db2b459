// By what incidents are worked on: clocks, communication plan, templates, criteria. Read only: it comes with the program
// and its configuration.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Api } from '../../api/client';
import { handbookQuery } from '../../api/queries';
import { Badge } from '../../ui/Badge';
import { TextBox } from '../../ui/Field';
import { Empty, Found } from '../../ui/State';
import { words } from '../../ui/text';
import { Regimes } from './Regimes';

type Book = Api['HandbookView'];

export function Handbook() {
  const query = useQuery(handbookQuery);
  return <Found query={query}>{(book) => <Whole book={book} />}</Found>;
}

function Whole({ book }: { book: Book }) {
  const [text, setText] = useState('');
  const fits = (part: unknown) =>
    text
      .toLowerCase()
      .split(/\s+/)
      .every((word) => JSON.stringify(part).toLowerCase().includes(word));
  const regimes = book.regimes.filter(fits);
  const templates = book.templates.filter(fits);
  const criteria = book.criteria.filter(fits);
  const plan = book.communication.severities
    .map(({ severity, audiences }) => ({ severity, audiences: audiences.filter((each) => fits({ severity, ...each })) }))
    .filter(({ audiences }) => audiences.length > 0);
  const none = regimes.length + templates.length + criteria.length + plan.length === 0;
  return (
    <div className="stack handbook">
      <TextBox label="Search the handbook" type="search" value={text} onChange={setText} placeholder="A country, a law, an audience, a word of a template" />
      {none && (
        <Empty title="Nothing in the handbook fits">
          <p>Try fewer words.</p>
        </Empty>
      )}
      {regimes.length > 0 && <Regimes regimes={regimes} own={book.own_regimes} zone={book.time_zone ?? 'UTC'} />}
      {plan.length > 0 && <Plan plan={plan} note={book.communication.note} templates={book.templates} />}
      {templates.length > 0 && <Templates templates={templates} />}
      {criteria.length > 0 && <Criteria criteria={criteria} />}
    </div>
  );
}

function Plan({ plan, note, templates }: { plan: Api['PlannedAudiences'][]; note: string; templates: Book['templates'] }) {
  return (
    <section className="card" aria-labelledby="plan">
      <header>
        <h2 id="plan">Communication plan</h2>
      </header>
      <p className="body">{note}</p>
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Table of the communication plan">
        <table>
          <thead>
            <tr>
              <th scope="col">Severity</th>
              <th scope="col">Who</th>
              <th scope="col">Within, from declaration</th>
              <th scope="col">Then every</th>
              <th scope="col">Template</th>
              <th scope="col">Only if</th>
            </tr>
          </thead>
          <tbody>
            {plan.flatMap(({ severity, audiences }) =>
              audiences.map((each) => (
                <tr key={severity + each.audience + each.template}>
                  <td>{words(severity)}</td>
                  <th scope="row">{words(each.audience)}</th>
                  <td>{each.within_hours} h</td>
                  <td>{each.updates_every_hours == null ? '' : `${each.updates_every_hours} h`}</td>
                  <td>{templates.find(({ id }) => id === each.template)?.name ?? each.template}</td>
                  <td>{each.only_if}</td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Templates({ templates }: { templates: Book['templates'] }) {
  return (
    <section className="card" aria-labelledby="templates">
      <header>
        <h2 id="templates">Templates of messages</h2>
      </header>
      {templates.map((template) => (
        <details key={template.id} className="handbook-entry">
          <summary>
            {template.name}
            <Badge>{words(template.audience)}</Badge>
            <Badge>{`TLP:${template.tlp.toUpperCase()}`}</Badge>
          </summary>
          <div className="stack tight">
            <p>
              <span className="soft">Subject:</span> {template.subject}
            </p>
            <pre>{template.text}</pre>
          </div>
        </details>
      ))}
    </section>
  );
}

function Criteria({ criteria }: { criteria: Book['criteria'] }) {
  return (
    <section className="card" aria-labelledby="criteria">
      <header>
        <h2 id="criteria">Criteria for declaring an incident</h2>
      </header>
      <dl className="body stack tight">
        {criteria.map(({ id, text, good }) => (
          <div key={id}>
            <dt className="strong">{text}</dt>
            <dd className="soft">{good}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
