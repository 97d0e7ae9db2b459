// What the queue is narrowed by. The API has no list of rules or techniques, so those are offered that were seen in the list.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import type { Api } from '../../api/client';
import { accountQuery, sourcesQuery } from '../../api/queries';
import { techniquesOf } from '../../ui/attack';
import { Choice } from '../../ui/Field';
import { Filters } from '../../ui/Filters';
import { LEVELS } from '../../ui/levels';
import { PERIODS } from '../../ui/period';
import { useSettings } from '../../ui/settings';
import { moment } from '../../ui/text';
import { STATUSES, type Alert, type AlertSearch } from './list';

interface AlertFiltersProps {
  search: AlertSearch;
  change: (name: string, value: string | undefined) => void;
  counts: Api['CountsView'] | undefined;
  rows: readonly Alert[];
}

type Options = readonly (readonly [value: string, text: string])[];

export function AlertFilters({ search, change, counts, rows }: AlertFiltersProps) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const { zone } = useSettings();
  const sources = useQuery({ ...sourcesQuery, enabled: account.rights.includes('sources:read') });
  const { rules, techniques } = useSeen(rows);
  const { since } = search;
  const periods: Options = PERIODS.some(([name]) => name === since) || !since ? PERIODS : [...PERIODS, [since, `Since ${moment(since, zone)}`]];
  return (
    <>
      <Filters
        text={search.q}
        given={search}
        change={change}
        placeholder="Words of the alert: a program, a host, an account…"
        fixed={[
          { name: 'status', label: 'Status', options: STATUSES, counts: counts?.by_status },
          { name: 'severity', label: 'Severity', options: LEVELS, counts: counts?.by_severity },
          { name: 'sort', label: 'Order', options: ['newest', 'severity'], usual: 'newest' },
        ]}
        free={['incident']}
      />
      <div className="row filters alert-filters" role="group" aria-label="More filters">
        <Any name="source" label="Source" given={search.source} change={change} options={(sources.data ?? []).map(({ name }) => [name, name])} />
        <Any name="rule" label="Rule" given={search.rule} change={change} options={[...rules]} />
        <Any name="technique" label="Technique" given={search.technique} change={change} options={techniques.map((id) => [id, id])} />
        <Any name="since" label="Event time" given={since} change={change} options={periods} />
      </div>
    </>
  );
}

interface AnyProps {
  name: string;
  label: string;
  given: string | undefined;
  change: (name: string, value: string | undefined) => void;
  options: Options;
}

/** One of these, or any. What the address has is there, even if the list does not know it. */
function Any({ name, label, given, change, options }: AnyProps) {
  const all: Options = given && !options.some(([value]) => value === given) ? [[given, given], ...options] : options;
  return <Choice label={label} value={given ?? ''} onChange={(value) => change(name, value || undefined)} options={[['', 'Any'], ...all]} />;
}

/** Rules and techniques that were in the list since the screen was opened, by name. */
function useSeen(rows: readonly Alert[]): { rules: ReadonlyMap<string, string>; techniques: readonly string[] } {
  const [seen, setSeen] = useState({ rules: new Map<string, string>(), techniques: [] as readonly string[] });
  useEffect(() => {
    const rules = new Map(seen.rules);
    const techniques = new Set(seen.techniques);
    for (const { rule, title, tags } of rows) {
      rules.set(rule, title);
      techniquesOf(tags).forEach((technique) => techniques.add(technique));
    }
    if (rules.size === seen.rules.size && techniques.size === seen.techniques.length) return;
    const byTitle = [...rules].sort(([, one], [, other]) => one.localeCompare(other));
    setSeen({ rules: new Map(byTitle), techniques: [...techniques].sort() });
  }, [rows, seen]);
  return seen;
}
