// What the answers lead to: a ranking, of what its points are made, and what would change it.

import type { Api } from '../../api/client';
import { Badge } from '../../ui/Badge';
import type { Said } from './said';

interface AdviceProps {
  guide: Api['Guide'];
  advice: Api['AdviceView'];
  said: Said;
}

export function Advice({ guide, advice, said }: AdviceProps) {
  return (
    <section className="card" aria-labelledby="advice">
      <header>
        <h2 id="advice">Advice so far</h2>
      </header>
      <div className="body stack">
        <Verdict guide={guide} advice={advice} said={said} />
        <Ranking guide={guide} advice={advice} />
        <Points guide={guide} advice={advice} />
        <Flips guide={guide} advice={advice} said={said} />
        {advice.combinations.length > 0 && (
          <div className="stack tight">
            <h3>Two together</h3>
            <ul className="stack tight">
              {advice.combinations.map((advise) => (
                <li key={advise}>{advise}</li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </section>
  );
}

function nameOf(guide: Api['Guide'], family: string | null | undefined): string {
  return guide.families.find(({ id }) => id === family)?.name ?? String(family);
}

/** The result in one sentence; a tie is no result, and is said so. */
function Verdict({ guide, advice, said }: AdviceProps) {
  const [best] = advice.ranking;
  const others = advice.tied.filter((family) => family !== best?.family);
  const answered = Object.keys(said.answers).length;
  let text: string;
  if (advice.required) text = `${nameOf(guide, advice.required)} has to be used. The ranking shows how well it fits besides.`;
  else if (answered === 0) text = 'Nothing was answered yet, so nothing speaks for one of them.';
  else if (others.length > 0) {
    text = `${[best?.family, ...others].map((family) => nameOf(guide, family)).join(' and ')} are too near to each other for a difference: less than ${guide.tie_margin} points.`;
  } else text = `${nameOf(guide, best?.family)} fits best.`;
  return (
    <p className="strong" role="status">
      {text} {answered > 0 && answered < guide.factors.length && `${answered} of ${guide.factors.length} questions are answered.`}
    </p>
  );
}

function Ranking({ guide, advice }: Omit<AdviceProps, 'said'>) {
  return (
    <ol className="rank" aria-label="Ranking">
      {advice.ranking.map((scored) => (
        <li key={scored.family}>
          <span>
            {nameOf(guide, scored.family)} {scored.family === advice.required && <Badge tone="accent">Required</Badge>}
          </span>
          <ScoreBar scored={scored} />
          <span className="number">
            {points(scored.score)}
            <span className="hidden"> of 100 points</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

function ScoreBar({ scored }: { scored: Api['ScoredView'] }) {
  let x = 0;
  const edges = scored.parts.map((part) => (x += part.points));
  return (
    <svg className="weight-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect className="ground" width="100" height="10" />
      <rect className="filled" width={scored.score} height="10" />
      {edges.slice(0, -1).map((edge, index) => (
        <path key={index} className="between" d={`M${edge} 0V10`} />
      ))}
    </svg>
  );
}

function Points({ guide, advice }: Omit<AdviceProps, 'said'>) {
  return (
    <details>
      <summary>Points by question</summary>
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Points by question">
        <table>
          <thead>
            <tr>
              <th scope="col">Question</th>
              {advice.ranking.map(({ family }) => (
                <th key={family} scope="col">
                  {nameOf(guide, family)}
                </th>
              ))}
              <th scope="col">At most</th>
            </tr>
          </thead>
          <tbody>
            {guide.factors.map((factor) => {
              const parts = advice.ranking.map(({ family, parts: all }) => ({ family, part: all.find((each) => each.factor === factor.id) }));
              return (
                <tr key={factor.id}>
                  <th scope="row">{factor.question}</th>
                  {parts.map(({ family, part }) => (
                    <td key={family}>{part ? points(part.points) : '–'}</td>
                  ))}
                  <td>{points(parts[0]?.part?.points_max ?? 0)}</td>
                </tr>
              );
            })}
            <tr>
              <th scope="row">All</th>
              {advice.ranking.map(({ family, score }) => (
                <td key={family} className="strong">
                  {points(score)}
                </td>
              ))}
              <td>100</td>
            </tr>
          </tbody>
        </table>
      </div>
      <p className="soft small">What is not answered gives half of its points to each.</p>
    </details>
  );
}

function Flips({ guide, advice, said }: AdviceProps) {
  return (
    <div className="stack tight">
      <h3>What would change it</h3>
      {advice.flips.length === 0 ? (
        <p className="soft">No single answer would bring another framework to the top.</p>
      ) : (
        <ul className="stack tight">
          {advice.flips.map(({ factor, answer, best, lead }) => {
            const question = guide.factors.find(({ id }) => id === factor);
            const text = question?.answers.find(({ id }) => id === answer)?.text ?? answer;
            return (
              <li key={`${factor} ${answer}`}>
                “{text}”{said.answers[factor] === undefined ? '' : ', instead of what you said,'} to “{question?.question ?? factor}”:{' '}
                {nameOf(guide, best)} would lead by {points(lead)} points.
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}

function points(number: number): string {
  return number.toLocaleString('en', { maximumFractionDigits: 1 });
}
