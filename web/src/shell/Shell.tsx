// The frame around every screen: rail, bar, palette, keys, news.

import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

import { api, explain, Problem } from '../api/client';
import { accountQuery } from '../api/queries';
import { follow, onAlarm, useConnection } from '../api/stream';
import { Badge } from '../ui/Badge';
import { IconButton } from '../ui/Button';
import { CopyByHand } from '../ui/CopyByHand';
import { Icon } from '../ui/Icon';
import { Menu } from '../ui/Menu';
import { changeSettings, THEMES, useSettings } from '../ui/settings';
import { tell, tellTrouble, Toasts } from '../ui/Toast';
import { Help } from './Help';
import { useShortcuts } from './keys';
import { forgetPerson } from './leave';
import { Palette } from './Palette';
import { PLACES } from './places';
import { syncPreferences } from './preferences';
import { Tour } from './Tour';
import { SignInAgain } from './SignInAgain';

export function Shell() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  useEffect(() => follow(queries), [queries]);
  useEffect(syncPreferences, []);
  useEffect(
    () =>
      onAlarm((incident) =>
        tell(`Somebody broke the glass on ${incident}`, {
          label: 'Open',
          run: () => void navigate({ to: '/incidents/$id', params: { id: incident } }),
        }),
      ),
    [navigate],
  );
  useShortcuts({ openPalette: () => setPalette(true), openHelp: () => setHelp(true), go: (to) => void navigate({ to }) });
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Rail />
      <Bar openPalette={() => setPalette(true)} openHelp={() => setHelp(true)} />
      <main id="main" className="main" tabIndex={-1}>
        <Outlet />
      </main>
      <Palette open={palette} close={() => setPalette(false)} />
      <Help open={help} close={() => setHelp(false)} />
      <CopyByHand />
      <SignInAgain />
      <Tour />
      <Toasts />
    </div>
  );
}

function Rail() {
  return (
    <nav className="rail" aria-label="Main">
      <Link to="/" className="brand">
        <img src="/icon.svg" alt="" width="22" height="22" />
        Quell
      </Link>
      <ul>
        {PLACES.map(({ to, text, icon, key }) => (
          <li key={to}>
            <Link to={to} activeOptions={{ exact: to === '/', includeSearch: false }} aria-keyshortcuts={`g ${key}`}>
              <Icon name={icon} />
              {text}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Bar({ openPalette, openHelp }: { openPalette: () => void; openHelp: () => void }) {
  return (
    <header className="bar">
      <button type="button" className="search" onClick={openPalette}>
        <Icon name="hunt" />
        <span className="grow">Search, go, act</span>
        <kbd>Ctrl K</kbd>
      </button>
      <span className="grow" />
      <ConnectionMark />
      <IconButton icon="help" label="Keys and help" onPress={openHelp} />
      <AccountMenu />
    </header>
  );
}

function ConnectionMark() {
  const connection = useConnection();
  return (
    <span role="status">
      {connection === 'live' && <Badge tone="good">Live</Badge>}
      {connection === 'connecting' && <Badge>Connecting</Badge>}
      {connection === 'lost' && <Badge tone="bad">No connection; what you see may be old</Badge>}
    </span>
  );
}

function AccountMenu() {
  const { data: account } = useSuspenseQuery(accountQuery);
  const { theme, density, zone } = useSettings();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const here = useRouterState({ select: (state) => state.location.href });
  const signOut = async () => {
    try {
      await api.DELETE('/api/v1/session');
    } catch (refused) {
      // Without a session, somebody is signed out already.
      if (!(refused instanceof Problem) || refused.status !== 401) {
        return tellTrouble(new Error(`You are still signed in. ${explain(refused)}`));
      }
    }
    await navigate({ to: '/sign-in', search: { to: here } });
    queries.clear();
    forgetPerson();
  };
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
  return (
    <Menu
      label="Account"
      className="button quiet"
      entries={[
        { id: 'theme', text: `Theme: ${theme} (change to ${next})`, run: () => changeSettings({ theme: next }) },
        {
          id: 'density',
          text: density === 'compact' ? 'Rows: compact (make comfortable)' : 'Rows: comfortable (make compact)',
          run: () => changeSettings({ density: density === 'compact' ? 'comfortable' : 'compact' }),
        },
        {
          id: 'zone',
          text: zone === 'utc' ? 'Times: UTC (show local)' : 'Times: local (show UTC)',
          run: () => changeSettings({ zone: zone === 'utc' ? 'local' : 'utc' }),
        },
        { id: 'out', text: 'Sign out', run: () => void signOut() },
      ]}
    >
      <Icon name="person" />
      {account.user.display_name}
    </Menu>
  );
}
