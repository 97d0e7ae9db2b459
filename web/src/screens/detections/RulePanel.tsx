// One rule beside the list.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { api, read } from '../../api/client';
import { Badge, Severity } from '../../ui/Badge';
import { IconButton } from '../../ui/Button';
import { Found } from '../../ui/State';
import { count } from '../../ui/text';
import { techniquesOf } from './attack';

export function RulePanel({ id, close }: { id: string; close: () => void }) {
  const query = useQuery({
    queryKey: ['rules', id],
    queryFn: ({ signal }) => read(api.GET('/api/v1/rules/{id}', { params: { path: { id } }, signal })),
    staleTime: Infinity,
  });
  const alerts = useQuery({
    queryKey: ['alerts', 'counts', 'rule', id],
    queryFn: ({ signal }) => read(api.GET('/api/v1/alerts/counts', { params: { query: { rule: id } }, signal })),
  });
  return (
    <aside className="card panel" aria-label="Rule" onKeyDown={(event) => event.key === 'Escape' && close()}>
      <Found query={query}>
        {(rule) => (
          <>
            <header>
              <h2>{rule.title}</h2>
              <IconButton icon="close" label="Close" onPress={close} />
            </header>
            <div className="body stack">
              <div className="row">
                <Severity level={rule.level} />
                {techniquesOf(rule).map((technique) => (
                  <Badge key={technique}>{technique}</Badge>
                ))}
                {!rule.has_source && <Badge tone="warn">no known source brings events</Badge>}
              </div>
              <p>{rule.description}</p>
              {alerts.data && (
                <Link to="/alerts" search={{ rule: id }}>
                  {count(alerts.data.total, 'alert')} of this rule
                </Link>
              )}
              {rule.response && (
                <div>
                  <h3>What to do first</h3>
                  <p>{rule.response}</p>
                </div>
              )}
              {rule.false_positives.length > 0 && (
                <div>
                  <h3>Known benign causes</h3>
                  <ul className="bullets">
                    {rule.false_positives.map((cause) => (
                      <li key={cause}>{cause}</li>
                    ))}
                  </ul>
                </div>
              )}
              <p className="soft small mono wrap">{rule.file}</p>
              {rule.text ? <pre tabIndex={0}>{rule.text}</pre> : <p className="soft">Its text is in that file.</p>}
            </div>
          </>
        )}
      </Found>
    </aside>
  );
}
