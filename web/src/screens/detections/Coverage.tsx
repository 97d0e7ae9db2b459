// What of ATT&CK the rules say they cover: a table, by tactic. That a rule exists is not proof that it would fire.

import { Link } from '@tanstack/react-router';

import type { Api } from '../../api/client';
import { count, words } from '../../ui/text';
import { coverage, techniquesOf } from './attack';

export function Coverage({ rules }: { rules: Api['RuleView'][] }) {
  const tactics = [...coverage(rules)].filter(([, techniques]) => techniques.length > 0);
  const all = new Set(rules.flatMap(techniquesOf));
  return (
    <section className="card scroll" aria-labelledby="coverage">
      <header>
        <h2 id="coverage">{count(all.size, 'technique')} and sub-techniques</h2>
        <span className="soft small">as rules name them; a dashed frame: no known source brings events for any of its rules</span>
      </header>
      <div className="body tactics">
        {tactics.map(([tactic, techniques]) => (
          <div key={tactic}>
            <h3>{words(tactic.replaceAll('-', ' '))}</h3>
            <ul className="stack tight">
              {techniques.map(({ technique, rules: number, fed }) => (
                <li key={technique}>
                  <Link to="/detections" search={{ view: 'rules', technique }} className={fed > 0 ? 'technique' : 'technique unfed'}>
                    <span className="mono">{technique}</span>
                    <span>{count(number, 'rule')}</span>
                    {fed === 0 && <span className="hidden">without a known source</span>}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
    </section>
  );
}
