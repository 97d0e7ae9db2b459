// What Quell detects, reads, acts and advises with: how much of it came with the program, and how much is the organisation's own. Read
// only: content is files, named in the configuration.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { api, type Api, read } from '../../api/client';
import { accountQuery } from '../../api/queries';
import { Found } from '../../ui/State';
import { Integrations } from './Integrations';

type Pack = Api['ContentPack'];

const KINDS: Record<Api['ContentKind'], string> = {
  rules: 'Detection rules',
  mappings: 'Mappings, by which records are read',
  playbooks: 'Playbooks',
  frameworks: 'Frameworks of incident response',
  regimes: 'Duties to report, with their clocks',
  templates: 'Templates of messages',
  scenarios: 'Scripted intrusions for exercises',
};

export function Content() {
  const { data: account } = useSuspenseQuery(accountQuery);
  return (
    <div className="stack">
      {account.rights.includes('system:read') && <Packs />}
      {account.rights.includes('incidents:read') && <Integrations />}
    </div>
  );
}

function Packs() {
  const query = useQuery({
    queryKey: ['content'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/system/content', { signal })),
    staleTime: Infinity,
  });
  return (
    <section className="card" aria-labelledby="content">
      <header>
        <h2 id="content">Content</h2>
      </header>
      <p className="body">It is read when the server starts: what you add or change counts from the next start on.</p>
      <Found query={query}>{({ items }) => <PackTable packs={items} />}</Found>
    </section>
  );
}

function PackTable({ packs }: { packs: readonly Pack[] }) {
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="Table of content">
      <table className="content-table">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Came with Quell</th>
            <th scope="col">Your own</th>
            <th scope="col">Cannot be used</th>
            <th scope="col">Setting that names your own</th>
          </tr>
        </thead>
        <tbody>
          {packs.map((pack) => (
            <tr key={pack.kind}>
              <th scope="row">{KINDS[pack.kind]}</th>
              <td>{pack.shipped.toLocaleString('en')}</td>
              <td>{pack.own.toLocaleString('en')}</td>
              <td>
                <Refused pack={pack} />
              </td>
              <td>{pack.setting ? <code>{pack.setting}</code> : <span className="soft">none: all of it comes with Quell</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Why a rule cannot be used stands beside the rules. */
function Refused({ pack: { kind, refused } }: { pack: Pack }) {
  const text = refused.toLocaleString('en');
  if (kind !== 'rules' || refused === 0) return text;
  return (
    <Link to="/detections" search={{ view: 'refused' }}>
      {text}: see why
    </Link>
  );
}
