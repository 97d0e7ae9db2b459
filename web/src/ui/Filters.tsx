// What a list is narrowed by. Every filter stands in the address, so it can be shared, and Back takes it away.

import { useEffect, useState } from 'react';

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
          options={usual ? labelled(options, counts) : [['', 'Any'], ...labelled(options, counts)]}
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

function labelled(options: readonly string[], counts: Record<string, number> | undefined): [string, string][] {
  return options.map((option) => [option, labelOf(option, counts)]);
}

function labelOf(option: string, counts: Record<string, number> | undefined): string {
  const number = counts?.[option];
  return number === undefined ? words(option) : `${words(option)} (${number.toLocaleString('en')})`;
}

function SearchField({ text, placeholder, change }: { text: string; placeholder: string; change: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => change(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  });
  return (
    <div className="field grow">
      <label htmlFor="search-field">Search</label>
      <input id="search-field" type="search" value={typed} placeholder={placeholder} onChange={(event) => setTyped(event.target.value)} />
    </div>
  );
}
