// Settings: one's own account and, for those who may, what the whole team shares. Parts are links, shown by rights.

import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useRef, type ComponentType } from 'react';

import { accountQuery } from '../../api/queries';
import { useFocusKept } from '../incident/focus';
import { AccountPart } from './account/Account';
import { Content } from './Content';
import { Handbook } from './Handbook';
import { Health } from './Health';
import { Look } from './Look';
import { People } from './people/People';
import { Sources } from './sources/Sources';
import { Stakeholders } from './Stakeholders';
import './settings.css';

const route = getRouteApi('/shell/settings');

interface Part {
  id: string;
  text: string;
  /** Any of these rights lets somebody in; none is needed where there are none. */
  rights: readonly string[];
  show: ComponentType;
}

const PARTS: readonly Part[] = [
  { id: 'account', text: 'Account', rights: [], show: AccountPart },
  { id: 'look', text: 'Look', rights: [], show: Look },
  { id: 'sources', text: 'Sources', rights: ['sources:read'], show: Sources },
  { id: 'people', text: 'People', rights: ['users:read'], show: People },
  { id: 'stakeholders', text: 'Stakeholders', rights: ['incidents:read'], show: Stakeholders },
  { id: 'content', text: 'Content', rights: ['system:read', 'incidents:read'], show: Content },
  { id: 'health', text: 'Health', rights: ['system:read', 'ledger:read'], show: Health },
  { id: 'handbook', text: 'Handbook', rights: ['incidents:read'], show: Handbook },
];

export default function Settings() {
  const { part } = route.useSearch();
  const { data: account } = useSuspenseQuery(accountQuery);
  const parts = PARTS.filter(({ rights }) => rights.length === 0 || rights.some((right) => account.rights.includes(right)));
  const shown = parts.find(({ id }) => id === (part ?? 'account'));
  const known = PARTS.some(({ id }) => id === part);
  const page = useRef<HTMLDivElement>(null);
  useFocusKept(page);
  return (
    <div className="page settings" ref={page}>
      <title>{`${shown?.text ?? 'Settings'} · Settings · Quell`}</title>
      <header>
        <h1>Settings</h1>
      </header>
      <nav className="tabs" aria-label="Parts of the settings">
        {parts.map(({ id, text }) => (
          <Link
            key={id}
            to="/settings"
            search={{ part: id === 'account' ? undefined : id }}
            activeOptions={{ exact: true, includeSearch: true, explicitUndefined: true }}
            aria-current={id === shown?.id ? 'page' : undefined}
          >
            {text}
          </Link>
        ))}
      </nav>
      {shown ? <shown.show /> : <p className="notice warn">{known ? 'You do not have the right to see this.' : 'There is no such part.'}</p>}
    </div>
  );
}
