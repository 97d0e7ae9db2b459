// Saved views of a list: the filters in its address under a name, for oneself or for everybody.

import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useRouter, useRouterState } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api, read } from '../api/client';
import { accountQuery } from '../api/queries';
import { IconButton } from './Button';
import { Dialog } from './Dialog';
import { Check, TextBox } from './Field';
import { FormDialog } from './FormDialog';
import { Menu } from './Menu';
import { tell, tellTrouble } from './Toast';

type Screen = 'incidents' | 'alerts' | 'hunt' | 'detections' | 'playbooks' | 'improve';

/** What is open beside a list is no part of a view of it. */
const OPEN: Partial<Record<Screen, string>> = { alerts: 'alert', hunt: 'event', detections: 'rule' };

const viewsQuery = {
  queryKey: ['views'],
  queryFn: ({ signal }: { signal: AbortSignal }) => read(api.GET('/api/v1/views', { signal })),
  staleTime: 60_000,
};

export function Views({ screen }: { screen: Screen }) {
  const router = useRouter();
  const { data } = useQuery(viewsQuery);
  const [open, setOpen] = useState<'save' | 'manage'>();
  const views = (data?.items ?? []).filter((view) => view.screen === screen);
  const close = () => setOpen(undefined);
  return (
    <>
      <Menu
        label="Saved views"
        entries={[
          ...views.map((view) => ({
            id: view.id,
            text: view.shared ? `${view.name} (shared)` : view.name,
            run: () => router.history.push(`/${view.screen}${view.search ? `?${view.search}` : ''}`),
          })),
          { id: 'save', icon: 'plus' as const, text: 'Save this view…', run: () => setOpen('save') },
          ...(views.length > 0 ? [{ id: 'manage', text: 'Remove views…', run: () => setOpen('manage') }] : []),
        ]}
      >
        Views
      </Menu>
      {open === 'save' && <Save screen={screen} close={close} />}
      {open === 'manage' && <Manage views={views} close={close} />}
    </>
  );
}

function Save({ screen, close }: { screen: Screen; close: () => void }) {
  const queries = useQueryClient();
  const here = useRouterState({ select: (state) => state.location.searchStr });
  const kept = new URLSearchParams(here);
  kept.delete(OPEN[screen] ?? '');
  const search = kept.toString();
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const run = async () => {
    await api.POST('/api/v1/views', { body: { name: name.trim(), screen, search, shared } });
    await queries.invalidateQueries({ queryKey: ['views'] });
    tell(`Saved as “${name.trim()}”`);
  };
  return (
    <FormDialog title="Save this view" close={close} act="Save it" ready={name.trim() !== ''} run={run}>
      <TextBox label="Name" value={name} onChange={setName} autoFocus required maxLength={100} />
      <Check label="Share it with everybody" checked={shared} onChange={setShared} />
    </FormDialog>
  );
}

function Manage({ views, close }: { views: Api['SavedView'][]; close: () => void }) {
  const queries = useQueryClient();
  const { data: account } = useSuspenseQuery(accountQuery);
  const remove = async (id: string) => {
    await api.DELETE('/api/v1/views/{id}', { params: { path: { id } } });
    await queries.invalidateQueries({ queryKey: ['views'] });
  };
  const mayRemove = (view: Api['SavedView']) => view.owner === account.user.id || account.rights.includes('users:manage');
  return (
    <Dialog title="Saved views" open close={close}>
      <ul className="incident-list">
        {views.map((view) => (
          <li key={view.id} className="incident-line">
            <span className="grow wrap">
              {view.name} {view.shared && <span className="soft small">shared</span>}
            </span>
            {mayRemove(view) && <IconButton icon="close" label={`Remove ${view.name}`} onPress={() => void remove(view.id).catch(tellTrouble)} />}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
