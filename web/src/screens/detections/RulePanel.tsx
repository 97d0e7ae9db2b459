// One rule beside the list.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { accountQuery } from '../../api/queries';
import { techniquesOf } from '../../ui/attack';
import { Badge, Severity } from '../../ui/Badge';
import { PanelPart, SidePanel } from '../../ui/SidePanel';
import { Found } from '../../ui/State';
import { countOf } from '../../ui/text';
import { countsQuery } from '../alerts/list';
import { ruleQuery } from './queries';

export function RulePanel({ id, close }: { id: string; close: () => void }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const query = useQuery(ruleQuery(id));
  const alerts = useQuery(countsQuery({ rule: id }));
  return (
    <SidePanel title={query.data?.title ?? 'Rule'} close={close}>
      <Found query={query}>
        {(rule) => (
          <>
            <div className="row">
              <Severity level={rule.level} />
              {techniquesOf(rule.tags).map((technique) => (
                <Badge key={technique}>{technique}</Badge>
              ))}
              {!rule.has_source && <Badge tone="warn">no known source brings events</Badge>}
            </div>
            <p>{rule.description}</p>
            <div className="row">
              {alerts.data && (
                <Link to="/alerts" search={{ rule: id }}>
                  {countOf(alerts.data, 'alert')} of this rule
                </Link>
              )}
              {account.rights.includes('events:read') && (
                <Link to="/hunt" search={{ rule: id }}>
                  Events that it matches
                </Link>
              )}
            </div>
            {rule.response && (
              <PanelPart title="What to do first">
                <p>{rule.response}</p>
              </PanelPart>
            )}
            {rule.false_positives.length > 0 && (
              <PanelPart title="Known benign causes">
                <ul className="bullets">
                  {rule.false_positives.map((cause) => (
                    <li key={cause}>{cause}</li>
                  ))}
                </ul>
              </PanelPart>
            )}
            <p className="soft small mono wrap">{rule.file}</p>
            {rule.text ? <pre tabIndex={0}>{rule.text}</pre> : <p className="soft">Its text is in that file.</p>}
          </>
        )}
      </Found>
    </SidePanel>
  );
}
