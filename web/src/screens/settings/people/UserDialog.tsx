// One user: made, changed, disabled, or given a new way in.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api, read } from '../../../api/client';
import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Ask';
import { Dialog } from '../../../ui/Dialog';
import { Check, Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { Trouble } from '../../../ui/State';
import { words } from '../../../ui/text';
import { tell } from '../../../ui/Toast';
import type { Invitation } from './People';
import { useTeams } from './queries';

type User = Api['User'];

const ROLES: readonly (readonly [string, string])[] = [
  ['viewer', 'Viewer: reads incidents and alerts'],
  ['responder', 'Responder: works on incidents and alerts'],
  ['lead', 'Lead: also decides, restricts and approves'],
  ['admin', 'Admin: also manages users and sources'],
  ['auditor', 'Auditor: reads everything, the ledger too'],
];

interface Draft {
  display_name: string;
  role: string;
  teams: readonly string[];
}

export function NewUser({ close, made }: { close: () => void; made: (invitation: Invitation) => void }) {
  const queries = useQueryClient();
  const [login, setLogin] = useState('');
  const [draft, setDraft] = useState<Draft>({ display_name: '', role: 'responder', teams: [] });
  const make = async () => {
    const body = { login, ...draft, teams: [...draft.teams] };
    const { user, invitation_secret } = await read(api.POST('/api/v1/users', { body }));
    await queries.invalidateQueries({ queryKey: ['users'] });
    made({ user, secret: invitation_secret });
  };
  return (
    <FormDialog
      title="Invite somebody"
      close={close}
      act="Make the link"
      ready={login.trim() !== '' && draft.display_name.trim() !== ''}
      run={make}
    >
      <TextBox label="Sign-in name" value={login} onChange={setLogin} autoComplete="off" maxLength={64} autoFocus required />
      <Fields draft={draft} change={setDraft} />
    </FormDialog>
  );
}

interface UserDialogProps {
  user: User;
  manages: boolean;
  close: () => void;
  reset: (invitation: Invitation) => void;
}

export function UserDialog({ user, manages, close, reset }: UserDialogProps) {
  const queries = useQueryClient();
  const teams = useTeams();
  const [draft, setDraft] = useState<Draft>(user);
  const [error, setError] = useState<unknown>();
  const change = async (body: Api['ChangeUser']) => {
    await api.PATCH('/api/v1/users/{id}', { params: { path: { id: user.id } }, body });
    await Promise.all([queries.invalidateQueries({ queryKey: ['users'] }), queries.invalidateQueries({ queryKey: ['account'] })]);
  };
  const save = async () => {
    setError(undefined);
    try {
      await change({ display_name: draft.display_name, role: draft.role, teams: [...draft.teams] });
      tell(`${draft.display_name} was changed`);
      close();
    } catch (refused) {
      setError(refused);
    }
  };
  if (!manages) {
    return (
      <Dialog title={user.display_name} open close={close}>
        <dl className="facts">
          <dt>Signs in as</dt>
          <dd className="mono">{user.login}</dd>
          <dt>Role</dt>
          <dd>{words(user.role)}</dd>
          <dt>Teams</dt>
          <dd>{user.teams.map((id) => teams.get(id) ?? id).join(', ') || 'none'}</dd>
        </dl>
        <div>
          <Button onPress={close}>Close</Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={user.display_name} open close={close}>
      <p className="soft">
        Signs in as <span className="mono">{user.login}</span>
        {!user.enabled && '; disabled, so they cannot sign in'}
      </p>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Fields draft={draft} change={setDraft} />
        {error !== undefined && <Trouble error={error} />}
        <div className="row">
          <Button type="submit" look="primary">
            Save
          </Button>
          <Button onPress={close}>Cancel</Button>
        </div>
      </form>
      <Ways user={user} change={change} reset={reset} />
    </Dialog>
  );
}

function Fields({ draft, change }: { draft: Draft; change: (draft: Draft) => void }) {
  const teams = useTeams();
  return (
    <>
      <TextBox
        label="Name that others see"
        value={draft.display_name}
        onChange={(display_name) => change({ ...draft, display_name })}
        autoComplete="off"
        maxLength={100}
        required
      />
      <Choice label="Role" value={draft.role} onChange={(role) => change({ ...draft, role })} options={ROLES} />
      {teams.size > 0 && (
        <fieldset className="choices">
          <legend>Teams</legend>
          {[...teams].map(([id, name]) => (
            <Check
              key={id}
              label={name}
              checked={draft.teams.includes(id)}
              onChange={(on) => change({ ...draft, teams: on ? [...draft.teams, id] : draft.teams.filter((each) => each !== id) })}
            />
          ))}
        </fieldset>
      )}
    </>
  );
}

interface WaysProps {
  user: User;
  change: (body: Api['ChangeUser']) => Promise<void>;
  reset: (invitation: Invitation) => void;
}

/** The way in: closed, opened, or made anew. */
function Ways({ user, change, reset }: WaysProps) {
  const [asked, setAsked] = useState<'disable' | 'reset'>();
  const [factors, setFactors] = useState(false);
  const act = async () => {
    if (asked === 'disable') return change({ enabled: !user.enabled });
    const body = { remove_factors: factors };
    const { invitation_secret } = await read(api.POST('/api/v1/users/{id}/reset', { params: { path: { id: user.id } }, body }));
    reset({ user, secret: invitation_secret });
  };
  const able = user.enabled ? 'Disable' : 'Enable';
  return (
    <div className="row">
      <Button onPress={() => setAsked('reset')}>Reset the password…</Button>
      <Button look={user.enabled ? 'danger' : 'plain'} onPress={() => setAsked('disable')}>
        {able}…
      </Button>
      <Ask
        title={asked === 'reset' ? `Reset ${user.display_name}` : `${able} ${user.display_name}`}
        open={asked !== undefined}
        close={() => setAsked(undefined)}
        act={asked === 'reset' ? 'Make the link' : able}
        danger={asked === 'disable' && user.enabled}
        run={act}
      >
        {asked === 'reset' ? (
          <>
            <p>You get a link with which they set a new password.</p>
            <Check label="Their second factors go, too, because they lost them" checked={factors} onChange={setFactors} />
          </>
        ) : (
          <p>{user.enabled ? 'They cannot sign in, and their sessions and tokens are refused. What they did stays.' : 'They can sign in again.'}</p>
        )}
      </Ask>
    </div>
  );
}
