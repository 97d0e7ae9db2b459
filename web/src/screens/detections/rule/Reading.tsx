// What the server reads in the text: what is wrong with it, or what the rule says.

import { useQuery } from '@tanstack/react-query';

import type { Api } from '../../../api/client';
import { techniquesOf } from '../../../ui/attack';
import { Badge, Severity } from '../../../ui/Badge';
import { Loading, Trouble } from '../../../ui/State';
import { count } from '../../../ui/text';
import { rulesQuery } from '../queries';
import { CHARS_MAX, lineIn, type Checked } from './checked';

interface ReadingProps {
  checked: Checked;
  goTo: (line: number) => void;
}

export function Reading({ checked, goTo }: ReadingProps) {
  const { query, said, isCurrent, isTooLong } = checked;
  const isSaid = said && !isTooLong;
  return (
    <section className="card" aria-labelledby="reading">
      <header>
        <h2 id="reading">What the server reads</h2>
        <span className="soft" role="status">
          {isSaid && isCurrent && verdictOf(said)}
        </span>
      </header>
      <div className="body stack">
        {isTooLong && <p className="notice bad">The text is longer than {count(CHARS_MAX, 'character')}: the server does not read it.</p>}
        {query.isError && <Trouble error={query.error} again={() => void query.refetch()} />}
        {!isSaid && !isTooLong && !query.isError && <Loading what="Reading the text" />}
        {isSaid && said.refused.map((reason, index) => <Refusal key={index} reason={reason} goTo={goTo} />)}
        {isSaid && said.items.map((rule) => <Rule key={rule.id} rule={rule} />)}
      </div>
    </section>
  );
}

function verdictOf({ items, refused }: Api['RuleCheck']): string {
  if (refused.length > 0) return count(refused.length, 'error');
  return items.length === 1 ? 'Nothing is wrong with it' : `${count(items.length, 'rule')}, nothing is wrong with them`;
}

function Refusal({ reason, goTo }: { reason: string; goTo: (line: number) => void }) {
  const line = lineIn(reason);
  return (
    <div className="stack tight">
      <div className="row">
        <Badge tone="bad">Error</Badge>
        {line !== undefined && (
          <button type="button" className="link" onClick={() => goTo(line)}>
            Line {line}
          </button>
        )}
      </div>
      <p className="wrap">{reason}</p>
    </div>
  );
}

function Rule({ rule }: { rule: Api['RuleView'] }) {
  const techniques = techniquesOf(rule.tags);
  const { data } = useQuery(rulesQuery);
  const other = data?.items.find(({ id }) => id === rule.id);
  return (
    <div className="stack tight">
      <h3 className="wrap">{rule.title}</h3>
      <dl className="facts">
        <dt>Level</dt>
        <dd>
          <Severity level={rule.level} />
        </dd>
        <dt>Techniques</dt>
        <dd className="row">
          {techniques.map((technique) => (
            <Badge key={technique}>{technique}</Badge>
          ))}
          {techniques.length === 0 && (
            <span className="soft">
              none; name them as tags, such as <code>attack.t1059.001</code>
            </span>
          )}
        </dd>
        <dt>For</dt>
        <dd className="mono">{rule.log_source}</dd>
      </dl>
      {!rule.has_source && <p className="notice warn">No known source brings events for it: it can match nothing.</p>}
      {other && <p className="notice warn">The rule “{other.title}” has this id. Of two with one id, one is not in force: give yours another one.</p>}
    </div>
  );
}
