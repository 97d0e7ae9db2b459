// What is wrong with the text, each with the way to its line; and what people will have to do, because there is no target for it here.

import { Badge } from '../../../ui/Badge';
import { Empty, Loading } from '../../../ui/State';
import { count } from '../../../ui/text';
import type { Mark, useExamined } from './examine';

interface FindingsProps {
  examined: ReturnType<typeof useExamined>;
  goTo: (line: number) => void;
}

export function Findings({ examined, goTo }: FindingsProps) {
  const { marks, query, drawn, isCurrent } = examined;
  return (
    <section className="card" aria-labelledby="draft-findings">
      <header>
        <h2 id="draft-findings">Findings</h2>
        {isCurrent && <span className="soft">{said(marks)}</span>}
      </header>
      {query.isPending && !query.isError && <Loading what="Checking" />}
      {isCurrent && query.data && marks.length === 0 && (
        <Empty title="Nothing is wrong with it">
          <p>Test it, then download it.</p>
        </Empty>
      )}
      <ul className="findings">
        {marks.map((mark, index) => (
          <Line key={index} mark={mark} goTo={goTo} />
        ))}
      </ul>
      {drawn && drawn.byHand.size > 0 && (
        <div className="body stack tight">
          <h3>By hand here</h3>
          <p className="soft">This server has no target for these actions: they are steps for people.</p>
          <p className="mono wrap">{[...drawn.byHand].join(', ')}</p>
        </div>
      )}
    </section>
  );
}

function Line({ mark: { finding, line }, goTo }: { mark: Mark; goTo: (line: number) => void }) {
  return (
    <li className="stack tight">
      <div className="row">
        <Badge tone={finding.grade === 'error' ? 'bad' : 'warn'}>{finding.grade === 'error' ? 'Error' : 'Warning'}</Badge>
        <button type="button" className="link" onClick={() => goTo(line)}>
          Line {line}
        </button>
        <span className="soft small mono">{finding.rule}</span>
      </div>
      <p className="finding-text wrap">{finding.message}</p>
    </li>
  );
}

export function said(marks: readonly Mark[]): string {
  const errors = marks.filter(({ finding }) => finding.grade === 'error').length;
  const warnings = marks.length - errors;
  if (marks.length === 0) return 'No errors';
  return [errors > 0 && count(errors, 'error'), warnings > 0 && count(warnings, 'warning')].filter(Boolean).join(', ');
}
