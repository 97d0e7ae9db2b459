// What a list is narrowed by. Every filter stands in the address, so it can be shared, and Back takes it away.

import { useEffect, useRef, useState } from 'react';

import { Icon } from './Icon';
import { Choice } from './Field';
import { words } from './text';

interface Fixed {
  name: string;
  label: string;
  options: readonly string[];
  /** What is meant if none is chosen; any, if left out. */
  usual?: string;
  /** How many rows each option would leave. */
  counts?: Record<string, number>;
}

interface FiltersProps {
  text: string | undefined;
  given: Record<string, string | undefined>;
  change: (name: string, value: string | undefined) => void;
  fixed: readonly Fixed[];
  /** Filters that come from elsewhere, by a click on a value: shown only while they are set. */
  free: readonly string[];
  placeholder?: string;
}

/** Typing is over after this long. */
const PAUSE_MS = 250;
const ANY: [string, string] = ['', 'Any'];

export function Filters({ text, given, change, fixed, free, placeholder = 'Words of the title, a host, an account…' }: FiltersProps) {
  return (
    <div className="row filters" role="search">
      <SearchField text={text ?? ''} placeholder={placeholder} change={(value) => change('q', value || undefined)} />
      {fixed.map(({ name, label, options, counts, usual }) => (
        <Choice
          key={name}
          label={label}
          value={given[name] ?? usual ?? ''}
          onChange={(value) => change(name, value || undefined)}
          options={[...(usual ? [] : [ANY]), ...labelled(withGiven(options, given[name]), counts)]}
        />
      ))}
      {free
        .filter((name) => given[name])
        .map((name) => (
          <button key={name} type="button" className="button" onClick={() => change(name, undefined)}>
            {words(name)}: {given[name]}
            <Icon name="close" />
            <span className="hidden">Remove this filter</span>
          </button>
        ))}
    </div>
  );
}

/** What an address asks for is shown, and can be taken away, even if it is none of the options: `new,open`, say. */
function withGiven(options: readonly string[], given: string | undefined): readonly string[] {
  return !given || options.includes(given) ? options : [given, ...options];
}

function labelled(options: readonly string[], counts: Record<string, number> | undefined): [string, string][] {
  return options.map((option) => [option, labelOf(option, counts)]);
}

function labelOf(option: string, counts: Record<string, number> | undefined): string {
  const number = counts?.[option];
  const text = words(option.replaceAll(',', ', '));
  return number === undefined ? text : `${text} (${number.toLocaleString('en')})`;
}

function SearchField({ text, placeholder, change }: { text: string; placeholder: string; change: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const latest = useRef(change);
  latest.current = change;
  const sent = useRef(text);
  // What comes back from the address is what was typed a moment ago; only what came from elsewhere replaces what is typed now.
  useEffect(() => {
    if (text === sent.current) return;
    sent.current = text;
    setTyped(text);
  }, [text]);
  useEffect(() => {
    if (typed === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = typed;
      latest.current(typed);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <div className="field grow">
      <label htmlFor="search-field">Search</label>
      <input id="search-field" type="search" value={typed} placeholder={placeholder} onChange={(event) => setTyped(event.target.value)} />
    </div>
  );
}
