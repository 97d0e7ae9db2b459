// One field for everything: go to a screen, find an incident, act. What can be typed here can be reached elsewhere, too.

import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useId, useState, type KeyboardEvent } from 'react';

import { api, read } from '../api/client';
import { Severity } from '../ui/Badge';
import { Dialog } from '../ui/Dialog';
import { Icon, type IconName } from '../ui/Icon';
import { changeSettings, THEMES } from '../ui/settings';
import { PLACES } from './places';

interface Entry {
  id: string;
  text: string;
  icon: IconName;
  severity?: string;
  run: () => void;
}

const FOUND_MAX = 7;

export function Palette({ open, close }: { open: boolean; close: () => void }) {
  return (
    <Dialog title="Search, go, act" open={open} close={close} light>
      <Body close={close} />
    </Dialog>
  );
}

function Body({ close }: { close: () => void }) {
  const id = useId();
  const [text, setText] = useState('');
  const [at, setAt] = useState<string>();
  const entries = useEntries(text.trim());
  // By its id: results come in above the others, and the choice must not move to another one.
  const chosen = Math.max(0, entries.findIndex((entry) => entry.id === at));
  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    entry.run();
  };
  const press = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setAt(entries[(chosen + step + entries.length) % Math.max(entries.length, 1)]?.id);
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      run(entries[chosen]);
    }
  };
  return (
    <div className="palette">
      <input
        className="input"
        role="combobox"
        aria-label="What to find or do"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={entries[chosen] ? `${id}-${entries[chosen].id}` : undefined}
        placeholder="A screen, an incident, a host, an address, a hash…"
        value={text}
        autoFocus
        onKeyDown={press}
        onChange={(event) => {
          setText(event.target.value);
          setAt(undefined);
        }}
      />
      <ul role="listbox" id={id} aria-label="Found">
        {entries.map((entry, index) => (
          // The keyboard acts on the field; the pointer acts here.
          <li
            key={entry.id}
            id={`${id}-${entry.id}`}
            role="option"
            aria-selected={index === chosen}
            ref={index === chosen ? (line) => line?.scrollIntoView({ block: 'nearest' }) : undefined}
            onClick={() => run(entry)}
            onPointerMove={() => setAt(entry.id)}
          >
            <Icon name={entry.icon} />
            <span className="grow cut">{entry.text}</span>
            {entry.severity && <Severity level={entry.severity} />}
          </li>
        ))}
      </ul>
    </div>
  );
}

function useEntries(text: string): Entry[] {
  const navigate = useNavigate();
  const sought = useDeferredValue(text);
  const found = useQuery({
    queryKey: ['incidents', 'palette', sought],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents', { params: { query: { q: sought, limit: FOUND_MAX } }, signal })),
    enabled: sought.length > 1,
  });
  const matches = (entry: Entry) => entry.text.toLowerCase().includes(text.toLowerCase());
  const places: Entry[] = PLACES.map(({ to, text: name, icon }) => ({
    id: `go-${to}`,
    text: `Go to ${name}`,
    icon,
    run: () => void navigate({ to }),
  }));
  const acts: Entry[] = THEMES.map((theme) => ({
    id: `theme-${theme}`,
    text: `Theme: ${theme}`,
    icon: 'settings',
    run: () => changeSettings({ theme }),
  }));
  if (text === '') return places;
  // Only what was found with the text as it is now: Enter must not open a result of a former one.
  const isFound = text.length > 1 && sought === text;
  const incidents: Entry[] = (isFound ? (found.data?.items ?? []) : []).map((incident) => ({
    id: incident.id,
    text: incident.title,
    icon: 'incident',
    severity: incident.severity,
    run: () => void navigate({ to: '/incidents/$id', params: { id: incident.id } }),
  }));
  const elsewhere: Entry[] = [
    { id: 'hunt', text: `Events with “${text}”`, icon: 'hunt', run: () => void navigate({ to: '/hunt', search: { q: text } }) },
    { id: 'alerts', text: `Alerts with “${text}”`, icon: 'alert', run: () => void navigate({ to: '/alerts', search: { q: text } }) },
  ];
  return [...places.filter(matches), ...acts.filter(matches), ...incidents, ...elsewhere];
}
