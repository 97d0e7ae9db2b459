// An incident that is not there, for this person. It may be restricted; whoever has the right can look in an emergency, and
// everybody concerned is told.

import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api } from '../../api/client';
import { accountQuery } from '../../api/queries';
import { Button } from '../../ui/Button';
import { Ask } from '../../ui/Ask';
import { Empty } from '../../ui/State';

export function Hidden({ id }: { id: string }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  const breakGlass = async (reason: string) => {
    await api.POST('/api/v1/incidents/{id}/break-glass', { params: { path: { id } }, body: { reason } });
    await queries.invalidateQueries({ queryKey: ['incident', id] });
  };
  return (
    <div className="page">
      <h1>There is no such incident</h1>
      <div className="card">
        <Empty title={`You see no incident ${id}`}>
          <p>The address may be mistyped, or the incident is restricted to others.</p>
          {account.rights.includes('incidents:break-glass') && (
            <>
              <p>In an emergency you can break the glass: you become a member, and its members are alarmed.</p>
              <Button look="danger" icon="lock" onPress={() => setAsked(true)}>
                Break the glass
              </Button>
            </>
          )}
        </Empty>
      </div>
      <Ask title="Break the glass" open={asked} close={() => setAsked(false)} act="Break it" danger reason="What the emergency is" run={breakGlass} />
    </div>
  );
}
