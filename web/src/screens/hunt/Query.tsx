// What is looked for. The text is looked for when it is sent; everything else at once.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';

import { accountQuery, sourcesQuery } from '../../api/queries';
import { Button } from '../../ui/Button';
import { Choice, TextBox } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { focusNeighbour } from '../../ui/neighbour';
import { isAgo, PERIODS } from '../../ui/period';
import { TimeField } from '../../ui/TimeField';
import { ruleQuery } from '../detections/queries';
import { conditionOf, conditionsOf, fieldOf, FIELDS_MAX, type HuntSearch } from './search';

interface QueryProps {
  search: HuntSearch;
  go: (search: HuntSearch) => void;
}

export function Query({ search, go }: QueryProps) {
  const [text, setText] = useState(search.q ?? '');
  useEffect(() => setText(search.q ?? ''), [search.q]);
  const send = (event: FormEvent) => {
    event.preventDefault();
    go({ ...search, q: text.trim() || undefined });
  };
  return (
    <div className="card hunt-query" role="search">
      <form className="row filters" onSubmit={send}>
        <div className="grow hunt-text">
          <TextBox
            label="Words"
            type="search"
            value={text}
            onChange={setText}
            maxLength={1_024}
            placeholder="Whole words of the record, all of them: powershell 10.20.1.22"
          />
        </div>
        <Button type="submit" look="primary" icon="hunt">
          Search
        </Button>
        <Source search={search} go={go} />
        <Period search={search} go={go} />
      </form>
      <Conditions search={search} go={go} />
    </div>
  );
}

function Source({ search, go }: QueryProps) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const sources = useQuery({ ...sourcesQuery, enabled: account.rights.includes('sources:read') });
  const names = new Set([...(search.source ? [search.source] : []), ...(sources.data ?? []).map(({ name }) => name)]);
  return (
    <Choice
      label="Source"
      value={search.source ?? ''}
      onChange={(source) => go({ ...search, source: source || undefined })}
      options={[['', 'Any'], ...[...names].map((name) => [name, name] as const)]}
    />
  );
}

function Period({ search, go }: QueryProps) {
  const { since = '', until = '' } = search;
  const isExact = until !== '' || (since !== '' && !isAgo(since));
  const [wanted, setWanted] = useState(isExact);
  const open = wanted || isExact;
  const choose = (period: string) => {
    setWanted(period === 'exact');
    if (period !== 'exact') go({ ...search, since: period || undefined, until: undefined });
  };
  const periods = isAgo(since) && PERIODS.every(([name]) => name !== since) ? [[since, `Last ${since}`] as const, ...PERIODS] : PERIODS;
  return (
    <>
      <Choice
        label="Event time"
        value={open ? 'exact' : since}
        onChange={choose}
        options={[['', 'Any time'], ...periods, ['exact', 'From and to…']]}
      />
      {open && (
        <div className="hunt-span">
          <TimeField label="From" at={isAgo(since) ? undefined : since} set={(time) => go({ ...search, since: time })} />
          <TimeField label="To" at={until} set={(time) => go({ ...search, until: time })} />
        </div>
      )}
    </>
  );
}

function Conditions({ search, go }: QueryProps) {
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const all = conditionsOf(search);
  const having = (conditions: readonly string[]) => ({ ...search, field: fieldOf(conditions) });
  const part = useRef<HTMLDivElement>(null);
  const { rule } = search;
  const remove = (index: number, narrowed: HuntSearch) => {
    go(narrowed);
    focusNeighbour(part.current, '.hunt-condition', index, () => part.current?.querySelector('input') ?? null);
  };
  const condition = conditionOf(name.trim(), value.trim());
  const isReady = condition !== undefined && value.trim() !== '' && all.length < FIELDS_MAX;
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    go(having([...all, condition]));
    setName('');
    setValue('');
  };
  return (
    <div className="stack tight" ref={part}>
      <form className="row filters" onSubmit={add}>
        <TextBox label="Field" value={name} onChange={setName} placeholder="CommandLine" maxLength={300} />
        <div className="grow hunt-text">
          <TextBox label="Has the whole value" value={value} onChange={setValue} maxLength={1_000} />
        </div>
        <Button type="submit" icon="plus" isDisabled={!isReady}>
          Add condition
        </Button>
      </form>
      {(rule || all.length > 0) && (
        <ul className="row" aria-label="Conditions">
          {rule && (
            <Condition remove={() => remove(0, { ...search, rule: undefined })}>
              <RuleName id={rule} />
            </Condition>
          )}
          {all.map((each, index) => (
            <Condition key={each} remove={() => remove(rule ? index + 1 : index, having(all.filter((other) => other !== each)))}>
              <span className="mono">{each}</span>
            </Condition>
          ))}
        </ul>
      )}
      <details className="small soft">
        <summary>How a search works, and its limits</summary>
        <ul className="hunt-limits">
          <li>Everything holds together. Upper and lower case make no difference.</li>
          <li>Words are whole: runs of letters and digits. “whoam” does not find “whoami”; a path is looked for by its parts, in any order.</li>
          <li>A field is named by its path or the end of it. Its value is the whole value. In lists, one element is enough.</li>
          <li>A rule matches as it does when events arrive: only events of the kind that it is for.</li>
          <li>At most 16 conditions, and 1,024 bytes for the words and for each condition. A name with a colon in it cannot be used.</li>
          <li>The latest arrivals come first. Events without a time are left out as soon as a time is set.</li>
          <li>The server looks for three seconds at a time. The page goes on by itself ten times, then it asks.</li>
        </ul>
      </details>
    </div>
  );
}

function Condition({ remove, children }: { remove: () => void; children: ReactNode }) {
  return (
    <li>
      <button type="button" className="button hunt-condition" onClick={remove}>
        <span className="wrap">{children}</span>
        <Icon name="close" />
        <span className="hidden">Remove this condition</span>
      </button>
    </li>
  );
}

function RuleName({ id }: { id: string }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const rule = useQuery({ ...ruleQuery(id), enabled: account.rights.includes('alerts:read') });
  return <>Rule: {rule.data?.title ?? id}</>;
}
