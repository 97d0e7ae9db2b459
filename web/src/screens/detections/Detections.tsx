// What Quell detects: the rules in force, what of ATT&CK they cover, and which documents are not in force and why.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';

import type { Api } from '../../api/client';
import { useAddress } from '../../ui/address';
import { techniquesOf } from '../../ui/attack';
import { Badge, Severity } from '../../ui/Badge';
import { LinkButton } from '../../ui/Button';
import { Filters } from '../../ui/Filters';
import { Grid, type Column } from '../../ui/Grid';
import { Empty, Found } from '../../ui/State';
import { count } from '../../ui/text';
import { Views } from '../../ui/Views';
import { Coverage } from './Coverage';
import { rulesQuery } from './queries';
import { RulePanel } from './RulePanel';
import { Tuning } from './Tuning';
import './detections.css';

const route = getRouteApi('/shell/detections');
type Rule = Api['RuleView'];

const VIEWS = [
  ['rules', 'Rules'],
  ['tuning', 'Tuning'],
  ['coverage', 'ATT&CK coverage'],
  ['refused', 'Not in force'],
] as const;

const COLUMNS: readonly Column<Rule>[] = [
  { name: 'Level', width: '8rem', show: (rule) => <Severity level={rule.level} /> },
  { name: 'Rule', width: 'minmax(0, 3fr)', show: (rule) => rule.title },
  { name: 'Techniques', width: 'minmax(0, 1fr)', show: (rule) => <span className="mono">{techniquesOf(rule.tags).join(' ')}</span> },
  { name: 'For', width: 'minmax(0, 1fr)', show: (rule) => <span className="mono">{rule.log_source}</span> },
  { name: 'Source', width: '8rem', show: (rule) => (rule.has_source ? 'known' : <Badge tone="warn">none known</Badge>) },
];

/** So many of them fit beside an open rule. */
const NARROW = 3;

export default function Detections() {
  const { view = 'rules' } = route.useSearch();
  const query = useQuery(rulesQuery);
  return (
    <div className="page fill">
      <title>Detections · Quell</title>
      <header>
        <h1 className="grow">Detections</h1>
        <Views screen="detections" />
        <LinkButton to="/detections/new" icon="plus">
          New rule
        </LinkButton>
        <span className="soft" role="status">
          {query.data && `${count(query.data.items.length, 'rule')} in force, ${query.data.refused.length} not`}
        </span>
      </header>
      <nav className="tabs" aria-label="Views">
        {VIEWS.map(([id, text]) => (
          <Link key={id} to="/detections" search={{ view: id }} aria-current={view === id ? 'page' : undefined} activeProps={{}}>
            {text}
          </Link>
        ))}
      </nav>
      <Found query={query}>
        {(rules) => {
          if (view === 'coverage') return <Coverage rules={rules.items} />;
          if (view === 'tuning') return <Tuning />;
          if (view === 'refused') return <Refused refused={rules.refused} />;
          return <Rules rules={rules.items} />;
        }}
      </Found>
    </div>
  );
}

function Rules({ rules }: { rules: Rule[] }) {
  const search = route.useSearch();
  const [, change] = useAddress();
  const shown = useMemo(() => rules.filter((rule) => fits(rule, search.q, search.technique)), [rules, search.q, search.technique]);
  return (
    <>
      <Filters text={search.q} given={search} change={(name, value) => change({ [name]: value }, name === 'q')} fixed={[]} free={['technique']} placeholder="Words of the title, the description, a tag, a log source…" />
      <div className={search.rule ? 'beside open' : 'beside'}>
        <div className="card fill">
          <Grid
            label="Rules"
            rows={shown}
            columns={search.rule ? COLUMNS.slice(0, NARROW) : COLUMNS}
            id={(rule) => rule.id}
            current={search.rule}
            open={(rule) => change({ rule: rule.id }, search.rule !== undefined)}
            empty={<Empty title="No rule fits" />}
          />
        </div>
        {search.rule && <RulePanel id={search.rule} close={() => change({ rule: undefined }, true)} />}
      </div>
    </>
  );
}

function fits(rule: Rule, text: string | undefined, technique: string | undefined): boolean {
  // A technique includes its sub-techniques.
  if (technique && !techniquesOf(rule.tags).some((each) => each === technique || each.startsWith(`${technique}.`))) return false;
  const all = `${rule.title} ${rule.description} ${rule.tags.join(' ')} ${rule.log_source} ${rule.id}`.toLowerCase();
  return (text ?? '').toLowerCase().split(' ').every((word) => all.includes(word));
}

function Refused({ refused }: { refused: Api['RefusedRuleView'][] }) {
  if (refused.length === 0) {
    return (
      <div className="card">
        <Empty title="Every rule document is in force" />
      </div>
    );
  }
  return (
    <div className="card">
      <table>
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">Why it is not in force</th>
          </tr>
        </thead>
        <tbody>
          {refused.map((each) => (
            <tr key={each.file + each.reason}>
              <td className="mono wrap">{each.file}</td>
              <td className="wrap">{each.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
