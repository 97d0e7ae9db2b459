// Teams: who belongs together, and whose events and incidents are kept apart.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api } from '../../../api/client';
import { Button } from '../../../ui/Button';
import { TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { Empty, Found } from '../../../ui/State';
import { teamsQuery } from './queries';

export function Teams({ manages }: { manages: boolean }) {
  const query = useQuery(teamsQuery);
  const [edited, setEdited] = useState<Api['Team'] | 'new'>();
  return (
    <section className="card" aria-labelledby="teams">
      <header>
        <h2 id="teams">Teams</h2>
        {manages && (
          <Button icon="plus" onPress={() => setEdited('new')}>
            Make a team
          </Button>
        )}
      </header>
      <Found query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No team yet">
              <p>Without teams everybody sees what their role lets them. With them, sources and incidents can belong to some only.</p>
            </Empty>
          ) : (
            <ul className="lines">
              {items.map((team) => (
                <li key={team.id} className="row spread">
                  <span className="grow wrap">{team.name}</span>
                  {manages && (
                    <Button aria-label={`Rename ${team.name}`} onPress={() => setEdited(team)}>
                      Rename
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Found>
      {edited && <TeamDialog team={edited === 'new' ? undefined : edited} close={() => setEdited(undefined)} />}
    </section>
  );
}

function TeamDialog({ team, close }: { team: Api['Team'] | undefined; close: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState(team?.name ?? '');
  const save = async () => {
    if (team) await api.PATCH('/api/v1/teams/{id}', { params: { path: { id: team.id } }, body: { name } });
    else await api.POST('/api/v1/teams', { body: { name } });
    await queries.invalidateQueries({ queryKey: ['teams'] });
  };
  return (
    <FormDialog
      title={team ? `Rename ${team.name}` : 'Make a team'}
      close={close}
      act={team ? 'Rename' : 'Make it'}
      ready={name.trim() !== ''}
      run={save}
    >
      <TextBox label="Name" value={name} onChange={setName} maxLength={100} autoFocus required />
    </FormDialog>
  );
}
