// What of ATT&CK the rules say they cover. That a rule exists is not proof that it would fire.

import { Link } from '@tanstack/react-router';

import type { Api } from '../../api/client';
import { count, words } from '../../ui/text';
import { byTactic, coverage, type Covered } from './attack';

export function Coverage({ rules }: { rules: Api['RuleView'][] }) {
  const groups = coverage(rules);
  const all = groups.flatMap(([, covered]) => covered);
  return (
    <div className="card scroll">
      <section aria-labelledby="tactics">
        <header className="part">
          <h2 id="tactics">Rules by tactic</h2>
        </header>
        <ul className="body tactics">
          {byTactic(rules).map(([tactic, number]) => (
            <li key={tactic}>
              <Link to="/detections" search={{ view: 'rules', q: tactic }} className={number > 0 ? 'technique' : 'technique unfed'}>
                <span>{words(tactic.replaceAll('-', ' '))}</span>
                <span>{number}</span>
              </Link>
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="techniques">
        <header className="part">
          <h2 id="techniques">{count(all.length, 'technique')} and sub-techniques</h2>
          <span className="soft small">as rules name them; a dashed frame: no known source brings events for any of its rules</span>
        </header>
        <ul className="body tactics">
          {groups.map(([parent, covered]) => (
            <li key={parent} className="stack tight">
              {covered.map((each) => (
                <Technique key={each.technique} covered={each} />
              ))}
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Technique({ covered: { technique, rules, fed } }: { covered: Covered }) {
  return (
    <Link to="/detections" search={{ view: 'rules', technique }} className={fed > 0 ? 'technique' : 'technique unfed'}>
      <span className="mono">{technique}</span>
      <span>{count(rules, 'rule')}</span>
      {fed === 0 && <span className="hidden">without a known source</span>}
    </Link>
  );
}
