// What this server can do outside of itself: actions whose targets are named in its configuration, by what they reach. Read only; no
// address and no secret of a target is shown, since the server tells none.

import { useQuery } from '@tanstack/react-query';

import type { Api } from '../../api/client';
import { Empty, Found } from '../../ui/State';
import { count, words } from '../../ui/text';
import { actionsQuery } from '../playbooks/queries';

type Action = Api['ActionSpec'];

/** What the first word of an action's name stands for. */
const TARGETS: Readonly<Record<string, string>> = {
  net: 'Network',
  host: 'Hosts',
  dir: 'Directory',
  idp: 'Identity provider',
  dns: 'Name server',
  web: 'Proxy',
  mail: 'Mail',
  sql: 'Database',
  aws: 'AWS',
  k8s: 'Kubernetes',
  openc2: 'OpenC2',
  own: 'Your own',
};

const KINDS: Record<Api['ActionKind'], string> = {
  read: 'Looks or collects evidence; changes nothing',
  contain: 'Changes something; can be taken back',
  eradicate: 'Changes something for good',
  recover: 'Brings something back',
};

export function Integrations() {
  const query = useQuery(actionsQuery);
  return (
    <section className="card" aria-labelledby="integrations">
      <header>
        <h2 id="integrations">Integrations</h2>
        {query.data && <span className="soft">{count(query.data.items.length, 'action')}</span>}
      </header>
      <p className="body">
        What this server can do outside of itself. A step of a playbook that calls another action is a step for people, unless it stays in the
        incident, such as writing a note or setting a task.
      </p>
      <Found query={query}>{({ items }) => <Listed actions={items} />}</Found>
    </section>
  );
}

function Listed({ actions }: { actions: readonly Action[] }) {
  return (
    <>
      {/* Looking needs no target: it is there on every server. */}
      {actions.every(({ kind }) => kind === 'read') && (
        <Empty title="It can change nothing outside of itself">
          <p>
            Name the firewalls, hosts, directories and clouds that it may act on under <code>[response]</code> in the configuration;{' '}
            <code>docs/PLAYBOOKS.md</code> says how.
          </p>
        </Empty>
      )}
      {actions.length > 0 && <ActionTable actions={actions} />}
    </>
  );
}

function ActionTable({ actions }: { actions: readonly Action[] }) {
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="Table of actions">
      <table className="content-table">
        <thead>
          <tr>
            <th scope="col">Action</th>
            <th scope="col">What it does to the target</th>
            <th scope="col">RE&amp;CT</th>
            <th scope="col">D3FEND</th>
          </tr>
        </thead>
        {byTarget(actions).map(([target, some]) => (
          <tbody key={target}>
            <tr>
              <th scope="rowgroup" colSpan={4} className="content-group">
                {TARGETS[target] ?? words(target)}
              </th>
            </tr>
            {some.map((action) => (
              <tr key={action.id}>
                <th scope="row">
                  {action.title}
                  <span className="block small soft mono">{action.id}</span>
                </th>
                <td>{KINDS[action.kind]}</td>
                <td className="small mono">{action.react.join(', ')}</td>
                <td className="small mono">{action.d3fend}</td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

/** Actions by the first word of their names: known targets in their order, then others. */
function byTarget(actions: readonly Action[]): [target: string, actions: Action[]][] {
  const groups = new Map<string, Action[]>(Object.keys(TARGETS).map((target) => [target, []]));
  for (const action of actions) {
    const target = action.id.split('.', 1)[0] ?? action.id;
    groups.set(target, [...(groups.get(target) ?? []), action]);
  }
  return [...groups].filter(([, some]) => some.length > 0);
}
