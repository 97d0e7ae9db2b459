// Finds one thing by typing, and takes it: an alert, an incident. What is taken stays in sight, whatever is looked for then.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDeferredValue, useId, useState } from 'react';

import { Severity } from '../../ui/Badge';
import { TextBox } from '../../ui/Field';
import { Found } from '../../ui/State';

export interface Pickable {
  id: string;
  title: string;
  note: string;
  severity: string;
}

interface PickProps {
  label: string;
  help: string;
  /** Where what was found is kept. */
  place: readonly string[];
  find: (text: string | undefined, signal: AbortSignal) => Promise<Pickable[]>;
  chosen: string | undefined;
  choose: (id: string) => void;
}

export function Pick({ label, help, place, find, chosen, choose }: PickProps) {
  const name = useId();
  const [text, setText] = useState('');
  const [taken, take] = useState<Pickable>();
  const sought = useDeferredValue(text.trim());
  const query = useQuery({
    queryKey: [...place, sought],
    queryFn: ({ signal }) => find(sought === '' ? undefined : sought, signal),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="stack tight">
      <TextBox label={label} help={help} type="search" value={text} onChange={setText} maxLength={200} autoFocus />
      <Found query={query} what="Looking">
        {(found) => (
          <>
            {found.length === 0 && (
              <p className="soft" role="status">
                Nothing fits. Type other words, or fewer.
              </p>
            )}
            <fieldset className="pick">
              <legend className="hidden">Found</legend>
              {withTaken(found, taken).map((each) => (
                <label key={each.id} className="pick-line">
                  <input
                    type="radio"
                    name={name}
                    checked={each.id === chosen}
                    onChange={() => {
                      take(each);
                      choose(each.id);
                    }}
                  />
                  <span className="grow wrap">
                    {each.title}
                    <span className="soft small mono pick-note">{each.note}</span>
                  </span>
                  <Severity level={each.severity} />
                </label>
              ))}
            </fieldset>
          </>
        )}
      </Found>
    </div>
  );
}

function withTaken(found: readonly Pickable[], taken: Pickable | undefined): readonly Pickable[] {
  return !taken || found.some(({ id }) => id === taken.id) ? found : [taken, ...found];
}
