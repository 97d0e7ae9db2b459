// Laws and contracts that set terms: what has to be sent to whom within what time, and how sure that text is.

import type { Api } from '../../api/client';
import { Badge } from '../../ui/Badge';
import { count, words } from '../../ui/text';

type Regime = Api['Regime'];
type Stage = Api['RegimeStage'];

const CERTAINTY: Record<Api['Certainty'], string> = {
  A: 'compared with the official text',
  B: 'from summaries; check it at the source',
  verify: 'not confirmed; it is not counted',
};

interface RegimesProps {
  regimes: readonly Regime[];
  /** Those of which the organisation says that it is under them. */
  own: readonly string[];
  zone: string;
}

export function Regimes({ regimes, own, zone }: RegimesProps) {
  const sorted = [...regimes].sort((one, other) => rank(one, own) - rank(other, own) || one.name.localeCompare(other.name));
  return (
    <section className="card" aria-labelledby="regimes">
      <header>
        <h2 id="regimes">Clocks</h2>
      </header>
      <p className="body">
        {own.length === 0
          ? 'The organisation names no law or contract that it is under, so none is asked about at an incident. Name them as process.regimes in the configuration. '
          : `At each incident somebody decides whether these apply: ${own.map((id) => regimes.find((each) => each.id === id)?.name ?? id).join(', ')}. `}
        Days begin in {zone}. This is not legal advice.
      </p>
      {sorted.map((regime) => (
        <details key={regime.id} className="handbook-entry">
          <summary>
            {regime.name}
            {own.includes(regime.id) && <Badge tone="accent">Ours</Badge>}
            <Badge tone={regime.enabled && regime.status === 'in_force' ? 'good' : 'plain'}>{standing(regime)}</Badge>
            <Badge>{regime.jurisdiction}</Badge>
          </summary>
          <Details regime={regime} />
        </details>
      ))}
    </section>
  );
}

function rank(regime: Regime, own: readonly string[]): number {
  if (own.includes(regime.id)) return 0;
  return regime.enabled && regime.status === 'in_force' ? 1 : 2;
}

function standing({ status, enabled }: Regime): string {
  if (status !== 'in_force') return status === 'proposed' ? 'Proposed' : 'Not in force yet';
  return enabled ? 'In force' : 'Off';
}

function Details({ regime }: { regime: Regime }) {
  return (
    <div className="stack">
      <p>{regime.trigger}</p>
      {regime.note && <p className="notice">{regime.note}</p>}
      <dl className="facts">
        <dt>Source</dt>
        <dd>
          {regime.law} ({words(regime.kind).toLowerCase()})
        </dd>
        <dt>How sure</dt>
        <dd>
          {CERTAINTY[regime.certainty]}
          {regime.verified_on && `, on ${regime.verified_on}`}
        </dd>
        {regime.applies_from && (
          <>
            <dt>From</dt>
            <dd>{regime.applies_from}</dd>
          </>
        )}
        <dt>To decide</dt>
        <dd>
          <ul>
            {regime.questions.map(({ id, text }) => (
              <li key={id}>{text}</li>
            ))}
          </ul>
        </dd>
      </dl>
      <Stages regime={regime} />
    </div>
  );
}

function Stages({ regime }: { regime: Regime }) {
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label={`What has to be sent: ${regime.name}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">To</th>
            <th scope="col">Within</th>
            <th scope="col">With</th>
          </tr>
        </thead>
        <tbody>
          {regime.stages.map((stage) => (
            <tr key={stage.id}>
              <th scope="row">
                {stage.name} {stage.enabled === false && <Badge>Off</Badge>}
              </th>
              <td>{stage.to}</td>
              <td>{terms(stage)}</td>
              <td>
                {stage.fields.join('; ')}
                {stage.note && <span className="soft small"> {stage.note}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function terms(stage: Stage): string {
  const said = stage.terms.map(({ anchor, due }) => `${length(due)} from ${anchorText(anchor)}`).join(', or ');
  return stage.advisory ? `${said} (Quell’s own figure; the source names none)` : said;
}

function anchorText(anchor: string): string {
  return anchor.startsWith('submitted:') ? `sending “${anchor.slice('submitted:'.length)}”` : `“${words(anchor).toLowerCase()}”`;
}

const UNITS: Record<string, string> = { minutes: 'minute', hours: 'hour', days: 'day', business_days: 'business day', months: 'month' };

function length(due: Api['TermLength']): string {
  const [unit, number] = Object.entries(due)[0] ?? ['hours', 0];
  return number === 0 ? 'at once' : count(number, UNITS[unit] ?? unit);
}
