// Whether Quell itself is well: in words, with a judgement, and the numbers behind it.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api, read } from '../../api/client';
import { accountQuery } from '../../api/queries';
import { Button } from '../../ui/Button';
import { Found, Loading, Trouble } from '../../ui/State';
import { count } from '../../ui/text';
import { copy } from '../../ui/copy';

type System = Api['SystemView'];

/** The stream does not say how the system is. */
const REREAD_MS = 10_000;
/** Where senders begin to be told to wait (`intake.backlog_max`, unless the configuration says otherwise). */
const BACKLOG_FULL = 20_000;
const BACKLOG_MUCH = 200;
const SLOW_MS = 5_000;

export function Health() {
  const { data: account } = useSuspenseQuery(accountQuery);
  return (
    <div className="columns">
      {account.rights.includes('system:read') && <SystemPart />}
      <div className="stack">
        {account.rights.includes('ledger:read') && <Ledger />}
        {account.rights.includes('incidents:read') && <SigningKey />}
      </div>
    </div>
  );
}

interface Judgement {
  tone: 'good' | 'warn' | 'bad';
  text: string;
}

function judge(system: System): Judgement[] {
  const found: Judgement[] = [];
  if (system.waiting) {
    found.push({ tone: 'bad', text: 'Detection waits for the store: logs are kept, and nothing is detected. Look at the database and its disk.' });
  }
  if (!system.caught_up) {
    found.push({ tone: 'warn', text: 'What was stored before the start is still being read again. Stories may lack their beginnings until then.' });
  }
  if (system.backlog_chunks >= BACKLOG_FULL / 2) {
    found.push({ tone: 'bad', text: `${count(system.backlog_chunks, 'chunk')} wait to be matched. At intake.backlog_max (${BACKLOG_FULL.toLocaleString('en')} unless it is configured) senders are told to wait.` });
  } else if (system.backlog_chunks > BACKLOG_MUCH) {
    found.push({ tone: 'warn', text: `${count(system.backlog_chunks, 'chunk')} wait to be matched: alerts come late.` });
  }
  if (system.rules === 0) found.push({ tone: 'bad', text: 'No rule is in force, so nothing is detected.' });
  if (system.telling_ms > SLOW_MS) found.push({ tone: 'warn', text: `The last telling of stories took ${system.telling_ms / 1_000} s. They lag behind.` });
  if (found.length === 0) found.push({ tone: 'good', text: 'All is well: logs are matched as they arrive.' });
  return found;
}

function SystemPart() {
  const query = useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/system', { signal })),
    refetchInterval: REREAD_MS,
  });
  return (
    <section className="card" aria-labelledby="system">
      <header>
        <h2 id="system">System</h2>
      </header>
      <div className="body stack">
        <Found query={query}>
          {(system) => (
            <>
              <div role="status" className="stack tight">
                {judge(system).map(({ tone, text }) => (
                  <p key={text} className={`notice ${tone}`}>
                    {text}
                  </p>
                ))}
              </div>
              <Numbers system={system} />
            </>
          )}
        </Found>
        {query.isError && query.data && <Trouble error={query.error} />}
      </div>
    </section>
  );
}

function Numbers({ system }: { system: System }) {
  const number = (value: number) => value.toLocaleString('en');
  const facts: readonly (readonly [string, string])[] = [
    ['Version', system.version],
    ['Waiting to be matched', count(system.backlog_chunks, 'chunk')],
    ['Stored', `${count(system.chunks, 'chunk')} of records${system.bytes == null ? '' : `, ${size(system.bytes)} in all`}`],
    ['Rules in force', number(system.rules)],
    ['Alerts', number(system.alerts)],
    ['Incidents', `${number(system.incidents)}, with merged and withdrawn ones`],
    ['Held for stories', count(system.observations, 'observation')],
    ['Last telling', `${number(system.telling_ms)} ms`],
    ['Entries of the ledger', number(system.entries)],
    ['Listening now', count(system.subscribers, 'stream')],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const at = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return `${(bytes / 1_024 ** at).toLocaleString('en', { maximumFractionDigits: 1 })} ${units[at]}`;
}

function Ledger() {
  const [result, setResult] = useState<Api['VerificationView']>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const verify = async () => {
    setBusy(true);
    setError(undefined);
    try {
      setResult(await read(api.POST('/api/v1/ledger/verification')));
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="card" aria-labelledby="ledger">
      <header>
        <h2 id="ledger">Ledger</h2>
        <Button isDisabled={busy} onPress={() => void verify()}>
          Verify it
        </Button>
      </header>
      <div className="body stack">
        <p>Reads all of it: that no entry was changed or taken out, that checkpoints are signed, that stories are what was told.</p>
        {busy && <Loading what="Verifying" />}
        {error !== undefined && <Trouble error={error} />}
        {result && !busy && (
          <div role="status" className="stack tight">
            <p className={result.whole ? 'notice good' : 'notice bad'}>
              {result.whole ? 'The ledger is whole.' : 'The ledger is not whole. Keep what you have, and find out who could write to the store.'}
            </p>
            <p className="soft">
              {count(result.entries, 'entry', 'entries')}, {count(result.checkpoints, 'signed checkpoint')},{' '}
              {count(result.stories, 'story', 'stories')}
            </p>
            {result.problems.length > 0 && (
              <ul className="mono small">
                {result.problems.map((problem) => (
                  <li key={problem} className="wrap">
                    {problem}
                  </li>
                ))}
              </ul>
            )}
            {result.head && (
              <p className="small wrap">
                Hash of the last entry: <span className="mono">{result.head}</span>
              </p>
            )}
          </div>
        )}
      </div>
    </section>
  );
}

function SigningKey() {
  const query = useQuery({
    queryKey: ['signing-key'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/signing-key', { signal })),
    staleTime: Infinity,
  });
  return (
    <section className="card" aria-labelledby="signing-key">
      <header>
        <h2 id="signing-key">Signing key</h2>
        {query.data && (
          <Button icon="copy" onPress={() => void copy(query.data.public_key)}>
            Copy
          </Button>
        )}
      </header>
      <div className="body stack tight">
        <p>Bundles and heads of the ledger are signed with it. Give it to those who check them, by another way than the bundle.</p>
        <Found query={query}>
          {({ key_id, public_key }) => (
            <>
              <p>
                Key id <span className="mono">{key_id}</span>
              </p>
              <pre tabIndex={0} role="group" aria-label="Public key">
                {public_key}
              </pre>
            </>
          )}
        </Found>
      </div>
    </section>
  );
}
