// Figures that are counts: each says what it means and of how many incidents it is.

import type { ReactNode } from 'react';

import type { Api } from '../../api/client';
import { count } from '../../ui/text';
import { duration } from './figures';

export function Counts({ figures }: { figures: Api['FiguresView'] }) {
  const { notification_margin: margin, false_positives_per_mille: share } = figures;
  const incidents = `of ${count(figures.incidents, 'incident')}`;
  return (
    <section aria-labelledby="quality" className="stack">
      <h2 id="quality">Quality</h2>
      <ul className="figures">
        <Figure name="False positives" value={figures.false_positives} bad={false}>
          Closed as not an incident
          {share == null ? '; nothing was closed yet' : `: ${(share / 10).toLocaleString('en')} % of everything that was closed`}. They count in
          no other figure.
        </Figure>
        <Figure name="Reopened" value={figures.reopened} bad={figures.reopened > 0}>
          {incidents} were opened again after they had been closed.
        </Figure>
        <Figure name="Notifications late" value={figures.notifications_late} bad={figures.notifications_late > 0}>
          Submissions to authorities and others that were late, or are overdue now. {marginText(margin)}
        </Figure>
        <Figure name="Evidence damaged" value={figures.evidence_damaged} bad={figures.evidence_damaged > 0}>
          Pieces of evidence that are not what was sealed, {incidents}.
        </Figure>
        <Figure name="Exercises" value={figures.exercises} bad={false}>
          Incidents that were played. They count in no other figure.
        </Figure>
        <Lessons lessons={figures.lessons} />
      </ul>
    </section>
  );
}

function marginText({ n, median, p90 }: Api['Spread']): string {
  if (n === 0 || median == null || p90 == null) return 'None was submitted yet.';
  const side = (seconds: number) => (seconds < 0 ? `${duration(-seconds)} after` : `${duration(seconds)} before`);
  return `Of ${count(n, 'submission')}, half arrived ${side(median)} the deadline or closer to it, nine tenths at most ${side(p90)} it.`;
}

function Figure({ name, value, bad, children }: { name: string; value: number; bad: boolean; children: ReactNode }) {
  return (
    <li className="card figure">
      <h3>{name}</h3>
      <p className={bad ? 'big bad' : 'big'}>{value.toLocaleString('en')}</p>
      <p className="soft small">{children}</p>
    </li>
  );
}

const ENDS = [
  ['closed_in_time', 'closed in time', 'good'],
  ['closed_late', 'closed late', 'warn'],
  ['overdue', 'overdue', 'bad'],
  ['open', 'open', 'plain'],
  ['dropped', 'given up', 'soft'],
] as const;

function Lessons({ lessons }: { lessons: Api['LessonCounts'] }) {
  const known = lessons.closed_in_time + lessons.closed_late + lessons.overdue + lessons.dropped;
  const numbers: Record<(typeof ENDS)[number][0], number> = { ...lessons, open: Math.max(0, lessons.found - known) };
  let x = 0;
  return (
    <li className="card figure">
      <h3>Lessons</h3>
      <p className="big">{lessons.found.toLocaleString('en')}</p>
      {lessons.found > 0 && (
        <svg className="ends" viewBox={`0 0 ${lessons.found} 10`} preserveAspectRatio="none" aria-hidden="true">
          {ENDS.map(([id, , tone]) => {
            const from = x;
            x += numbers[id];
            return <rect key={id} className={tone} x={from} y="0" width={numbers[id]} height="10" />;
          })}
        </svg>
      )}
      <dl className="facts small">
        {ENDS.map(([id, text]) => (
          <div key={id} style={{ display: 'contents' }}>
            <dt>{text}</dt>
            <dd>{numbers[id].toLocaleString('en')}</dd>
          </div>
        ))}
      </dl>
      <p className="soft small">Found in reviews and exercises. Closed means with a proof that the change holds.</p>
    </li>
  );
}
