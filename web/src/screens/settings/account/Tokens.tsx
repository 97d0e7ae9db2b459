// Tokens for programs. The secret of one is shown once; no token may do more than its owner.

import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api, read } from '../../../api/client';
import { accountQuery } from '../../../api/queries';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Ask';
import { Dialog } from '../../../ui/Dialog';
import { Check, Choice, TextBox } from '../../../ui/Field';
import { Empty, Found, Trouble } from '../../../ui/State';
import { Ago, Moment, useNow } from '../../../ui/When';
import { Once } from '../Once';
import { useConfirmed, type Guard } from './confirm';

const DAY_MS = 86_400_000;
/** What only a session may do. */
const NEVER = ['account:own', 'incidents:break-glass'];

export function Tokens() {
  const queries = useQueryClient();
  const { guard, dialog } = useConfirmed();
  const [issuing, setIssuing] = useState(false);
  const [issued, setIssued] = useState<Api['IssuedToken']>();
  const [revoked, setRevoked] = useState<Api['Token']>();
  const query = useQuery({ queryKey: ['tokens'], queryFn: ({ signal }) => read(api.GET('/api/v1/account/tokens', { signal })) });
  const changed = () => queries.invalidateQueries({ queryKey: ['tokens'] });
  const revoke = async () => {
    if (!revoked) return;
    await guard(() => api.DELETE('/api/v1/account/tokens/{id}', { params: { path: { id: revoked.id } } }));
    await changed();
  };
  return (
    <section className="card" aria-labelledby="tokens">
      <header>
        <h2 id="tokens">API tokens</h2>
        <Button icon="plus" onPress={() => setIssuing(true)}>
          Issue a token
        </Button>
      </header>
      <Found query={query}>{({ items }) => <List items={items} revoke={setRevoked} />}</Found>
      {issuing && (
        <IssueToken
          guard={guard}
          close={() => setIssuing(false)}
          done={(token) => {
            setIssuing(false);
            setIssued(token);
            void changed();
          }}
        />
      )}
      {issued && (
        <Dialog title={`Token: ${issued.token.label}`} open close={() => setIssued(undefined)}>
          <p>Programs send it as “Authorization: Bearer …”. It is shown this once; if it is lost, issue another one.</p>
          <Once label="Secret" text={issued.secret} />
          <div>
            <Button look="primary" onPress={() => setIssued(undefined)}>
              I kept it
            </Button>
          </div>
        </Dialog>
      )}
      <Ask
        title={`Revoke ${revoked?.label ?? ''}`}
        open={revoked !== undefined}
        close={() => setRevoked(undefined)}
        act="Revoke"
        danger
        run={revoke}
      >
        <p>Programs that use it are refused from now on. This cannot be taken back.</p>
      </Ask>
      {dialog}
    </section>
  );
}

function List({ items, revoke }: { items: readonly Api['Token'][]; revoke: (token: Api['Token']) => void }) {
  const now = useNow();
  if (items.length === 0) {
    return (
      <Empty title="You have none">
        <p>Programs that send logs or read incidents need one.</p>
      </Empty>
    );
  }
  return (
    <ul className="lines">
      {items.map((token) => {
        const over = Date.parse(token.expires_at) < now;
        return (
          <li key={token.id} className="row spread">
            <div className="grow">
              <p className="wrap">
                {token.label} {token.revoked && <Badge>Revoked</Badge>} {!token.revoked && over && <Badge>Expired</Badge>}
              </p>
              <p className="soft small wrap">
                <span className="mono">{token.rights.join(', ')}</span>
                {token.source && (
                  <>
                    , only for the source <span className="mono">{token.source}</span>
                  </>
                )}
                ; ends <Moment at={token.expires_at} />; {token.used_at ? <>used <Ago at={token.used_at} /></> : 'never used'}
              </p>
            </div>
            {!token.revoked && !over && (
              <Button aria-label={`Revoke ${token.label}`} onPress={() => revoke(token)}>
                Revoke
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

interface IssueProps {
  guard: Guard;
  close: () => void;
  done: (token: Api['IssuedToken']) => void;
}

function IssueToken({ guard, close, done }: IssueProps) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const [label, setLabel] = useState('');
  const [rights, setRights] = useState<readonly string[]>([]);
  const [days, setDays] = useState('90');
  const [source, setSource] = useState('');
  const [error, setError] = useState<unknown>();
  // A token that is bound to a source may deliver and nothing else.
  const bound = source.trim() !== '';
  const wanted = bound ? ['intake:write'] : rights;
  const issue = async () => {
    setError(undefined);
    const body = {
      label,
      rights: [...wanted],
      expires_at: new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
      source: source.trim() || null,
    };
    try {
      done(await guard(() => read(api.POST('/api/v1/account/tokens', { body }))));
    } catch (refused) {
      setError(refused);
    }
  };
  return (
    <Dialog title="Issue a token" open close={close}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void issue();
        }}
      >
        <TextBox label="What it is for" value={label} onChange={setLabel} maxLength={100} autoFocus required />
        <Choice
          label="It ends after"
          value={days}
          onChange={setDays}
          options={[['7', '7 days'], ['30', '30 days'], ['90', '90 days'], ['180', '180 days'], ['365', '365 days']]}
        />
        {account.rights.includes('intake:write') && (
          <TextBox
            label="Only for this source"
            help="Leave it empty for a token that is bound to none. A token of a source only delivers."
            value={source}
            onChange={setSource}
            maxLength={64}
          />
        )}
        {!bound && <Rights all={account.rights} chosen={rights} change={setRights} />}
        {error !== undefined && <Trouble error={error} />}
        <div className="row">
          <Button type="submit" look="primary" isDisabled={label.trim() === '' || wanted.length === 0}>
            Issue
          </Button>
          <Button onPress={close}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}

interface RightsProps {
  all: readonly string[];
  chosen: readonly string[];
  change: (rights: string[]) => void;
}

function Rights({ all, chosen, change }: RightsProps) {
  return (
    <fieldset className="choices">
      <legend>What it may do</legend>
      {all
        .filter((right) => !NEVER.includes(right))
        .map((right) => (
          <Check
            key={right}
            label={right}
            checked={chosen.includes(right)}
            onChange={(on) => change(on ? [...chosen, right] : chosen.filter((each) => each !== right))}
          />
        ))}
    </fieldset>
  );
}
