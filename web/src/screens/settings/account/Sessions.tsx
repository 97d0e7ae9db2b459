// Where one is signed in. A session that is not known is ended here, at once.

import { useQuery, useQueryClient } from '@tanstack/react-query';

import { api, read } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Found } from '../../../ui/State';
import { tellTrouble } from '../../../ui/Toast';
import { words } from '../../../ui/text';
import { Ago, Moment } from '../../../ui/When';

export function Sessions() {
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ['sessions'], queryFn: ({ signal }) => read(api.GET('/api/v1/account/sessions', { signal })) });
  const end = async (id: string) => {
    await api.DELETE('/api/v1/account/sessions/{id}', { params: { path: { id } } });
    await queries.invalidateQueries({ queryKey: ['sessions'] });
  };
  return (
    <section className="card" aria-labelledby="sessions">
      <header>
        <h2 id="sessions">Sessions</h2>
      </header>
      <Found query={query}>
        {({ items }) => (
          <ul className="lines">
            {items.map((session) => (
              <li key={session.id} className="row spread">
                <div className="grow">
                  <p className="wrap">
                    {session.agent || 'A program without a name'} {session.current && <Badge tone="good">This one</Badge>}
                  </p>
                  <p className="soft small">
                    From <span className="mono">{session.address}</span>, by {words(session.method).toLowerCase()}; last used{' '}
                    <Ago at={session.used_at} />, ends <Moment at={session.expires_at} />
                  </p>
                </div>
                {!session.current && (
                  <Button aria-label={`End the session from ${session.address}`} onPress={() => void end(session.id).catch(tellTrouble)}>
                    End
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Found>
    </section>
  );
}
