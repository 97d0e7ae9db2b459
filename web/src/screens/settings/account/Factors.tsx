// Second factors: apps that show codes, passkeys, and the recovery codes for the day when both are lost.
//
// Secrets and codes are shown once, and live only as long as their dialog is open.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, read } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Ask';
import { passkeysWork } from '../../../ui/passkey';
import { Empty, Found } from '../../../ui/State';
import { tellTrouble } from '../../../ui/Toast';
import { Ago } from '../../../ui/When';
import { AddApp, AddPasskey } from './AddFactor';
import { Codes } from './Codes';
import { useConfirmed } from './confirm';

/** As the server has it. The API's description gives this name to something of the guide. */
interface Factor {
  id: string;
  kind: 'totp' | 'webauthn';
  label: string;
  created_at: string;
}

export function Factors() {
  const queries = useQueryClient();
  const { guard, dialog } = useConfirmed();
  const [adding, setAdding] = useState<'app' | 'passkey'>();
  const [removed, setRemoved] = useState<Factor>();
  const [codes, setCodes] = useState<string[]>();
  const query = useQuery({
    queryKey: ['factors'],
    queryFn: async ({ signal }) => (await read(api.GET('/api/v1/account/factors', { signal }))).items as unknown as Factor[],
  });
  const changed = () => queries.invalidateQueries({ queryKey: ['factors'] });
  const added = (recovery: string[]) => {
    setAdding(undefined);
    if (recovery.length > 0) setCodes(recovery);
    void changed();
  };
  const renew = async () => setCodes((await guard(() => read(api.POST('/api/v1/account/recovery-codes')))).recovery_codes);
  const remove = async () => {
    if (!removed) return;
    await guard(() => api.DELETE('/api/v1/account/factors/{id}', { params: { path: { id: removed.id } } }));
    await changed();
  };
  return (
    <section className="card" aria-labelledby="factors">
      <header>
        <h2 id="factors">Second factors</h2>
        <Button icon="plus" onPress={() => setAdding('app')}>
          App with codes
        </Button>
        {passkeysWork() && (
          <Button icon="plus" onPress={() => setAdding('passkey')}>
            Passkey
          </Button>
        )}
      </header>
      <Found query={query}>
        {(items) =>
          items.length === 0 ? (
            <Empty title="You have none">
              <p>Whoever learns your password can sign in as you. Add a passkey, or an app that shows codes.</p>
            </Empty>
          ) : (
            <>
              <List items={items} remove={setRemoved} />
              <div className="body row">
                <Button onPress={() => void renew().catch(tellTrouble)}>Make new recovery codes</Button>
                <span className="soft small">Those before stop working.</span>
              </div>
            </>
          )
        }
      </Found>
      {adding === 'app' && <AddApp guard={guard} added={added} close={() => setAdding(undefined)} />}
      {adding === 'passkey' && <AddPasskey guard={guard} added={added} close={() => setAdding(undefined)} />}
      <Ask
        title={`Remove ${removed?.label ?? ''}`}
        open={removed !== undefined}
        close={() => setRemoved(undefined)}
        act="Remove"
        danger
        run={remove}
      >
        <p>It can no longer be used to sign in. With the last one, your recovery codes go as well.</p>
      </Ask>
      {codes && <Codes codes={codes} close={() => setCodes(undefined)} />}
      {dialog}
    </section>
  );
}

function List({ items, remove }: { items: readonly Factor[]; remove: (factor: Factor) => void }) {
  return (
    <ul className="lines">
      {items.map((factor) => (
        <li key={factor.id} className="row spread">
          <div className="grow">
            <p className="wrap">
              {factor.label || 'Without a name'} <Badge>{factor.kind === 'totp' ? 'App with codes' : 'Passkey'}</Badge>
            </p>
            <p className="soft small">
              added <Ago at={factor.created_at} />
            </p>
          </div>
          <Button aria-label={`Remove ${factor.label}`} onPress={() => remove(factor)}>
            Remove
          </Button>
        </li>
      ))}
    </ul>
  );
}
