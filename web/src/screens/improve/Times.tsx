// How long incidents take, as a table whose rows are drawn, too: picture and numbers are one thing and cannot disagree.

import { Fragment, useState } from 'react';

import type { Api } from '../../api/client';
import { Severity } from '../../ui/Badge';
import { Check } from '../../ui/Field';
import { duration, MEANING, scaleFor, type Scale } from './figures';

/** Units of the drawing; it is stretched to the column. */
const WIDTH = 1_000;

export function Times({ times }: { times: readonly Api['Figure'][] }) {
  const [split, setSplit] = useState(false);
  const scale = scaleFor(Math.max(0, ...times.flatMap(({ p90, by_severity }) => [p90 ?? 0, ...by_severity.map((each) => each.p90 ?? 0)])));
  return (
    <section className="card" aria-labelledby="times">
      <header>
        <h2 id="times">Times</h2>
        <Check label="By severity" checked={split} onChange={setSplit} />
      </header>
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Table of times">
        <table className="times">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col" className="drawn">
                <span className="hidden">Drawn, on a logarithmic scale</span>
                <Axis scale={scale} />
              </th>
              <th scope="col">Median</th>
              <th scope="col">90 %</th>
              <th scope="col">Of</th>
              <th scope="col">Not counted</th>
            </tr>
          </thead>
          <tbody>
            {times.map((figure) => (
              <Fragment key={figure.measure}>
                <Row figure={figure} scale={scale} />
                {split && figure.by_severity.map((each) => <SeverityRow key={each.severity} spread={each} scale={scale} />)}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
      <p className="body soft small">
        Half of the cases took no longer than the median (the full bar), nine tenths no longer than the second figure (the thin line). Both are
        times that really occurred. The scale is logarithmic: each step to the right is several times as long.
      </p>
    </section>
  );
}

function Row({ figure, scale }: { figure: Api['Figure']; scale: Scale }) {
  const { name, means } = MEANING[figure.measure];
  return (
    <tr>
      <th scope="row">
        <span className="strong">{name}</span>
        <span className="soft small means">{means}</span>
      </th>
      <td className="drawn">
        <Bar spread={figure} scale={scale} />
      </td>
      <Numbers spread={figure} />
      <td className="small">{uncounted(figure)}</td>
    </tr>
  );
}

function SeverityRow({ spread, scale }: { spread: Api['SeveritySpread']; scale: Scale }) {
  return (
    <tr className="part">
      <th scope="row">
        <Severity level={spread.severity} />
      </th>
      <td className="drawn">
        <Bar spread={spread} scale={scale} />
      </td>
      <Numbers spread={spread} />
      <td />
    </tr>
  );
}

function Numbers({ spread }: { spread: Api['Spread'] }) {
  return (
    <>
      <td className="number">{spread.median == null ? '–' : duration(spread.median)}</td>
      <td className="number">{spread.p90 == null ? '–' : duration(spread.p90)}</td>
      <td className="number">{spread.n.toLocaleString('en')}</td>
    </>
  );
}

function Bar({ spread, scale }: { spread: Api['Spread']; scale: Scale }) {
  if (spread.median == null || spread.p90 == null) return <span className="soft small">No case with both ends yet</span>;
  // At least a sliver, so that what is there is seen.
  const median = Math.max(4, scale.at(spread.median) * WIDTH);
  const p90 = Math.max(median, scale.at(spread.p90) * WIDTH);
  return (
    <svg className="time-bar" viewBox={`0 0 ${WIDTH} 20`} preserveAspectRatio="none" aria-hidden="true">
      {scale.ticks.map(({ seconds }) => (
        <path key={seconds} className="tick" d={`M${scale.at(seconds) * WIDTH} 0V20`} />
      ))}
      <rect className="median" x="0" y="4" width={median} height="12" />
      <path className="p90" d={`M${median} 10H${p90}M${p90} 4V16`} />
    </svg>
  );
}

function Axis({ scale }: { scale: Scale }) {
  return (
    <span className="axis" aria-hidden="true">
      {scale.ticks.map(({ seconds, text }) => (
        <span key={seconds} style={{ insetInlineStart: `${scale.at(seconds) * 100}%` }}>
          {text}
        </span>
      ))}
    </span>
  );
}

/** Cases that are in no figure, and why: without them a good median may only mean that the bad ones are still open. */
function uncounted({ open, open_longest_seconds, without_end, reversed }: Api['Figure']): string {
  const said: string[] = [];
  if (open > 0) said.push(`${open} still open${open_longest_seconds == null ? '' : `, the longest for ${duration(open_longest_seconds)}`}`);
  if (without_end > 0) said.push(`${without_end} closed without it`);
  if (reversed > 0) said.push(`${reversed} whose end is before the beginning: a time is wrong`);
  return said.join('; ') || 'none';
}
