// One entry of the ledger, for people. Its texts may be an intruder's: they are only ever text.

import { Link } from '@tanstack/react-router';
import { memo } from 'react';

import { Badge } from '../../../ui/Badge';
import { copy } from '../../../ui/copy';
import { Icon } from '../../../ui/Icon';
import { count } from '../../../ui/text';
import { Value } from '../../../ui/Value';
import { Moment } from '../../../ui/When';
import { useNames } from '../../../ui/Who';
import { factsOf, kindWords, type Entry, type Fact, type Said } from './entries';

interface EntryRowProps {
  entry: Entry;
  said: Said;
  by: string;
  titleId: string;
  incident: string;
  /** Whether the incident is looked at as it is now. */
  isNow: boolean;
  isOpen: boolean;
  toggle: (seq: number) => void;
}

const FACTS_SHOWN = 6;
const TEXT_SHOWN = 400;
const HASH_SHOWN = 12;
const VALUES_SHOWN = 12;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const ACTOR = /^(usr-[0-9a-f]+|elsewhere:.+)$/;
/** What people look for elsewhere: a name, an address, a path, a hash; not a plain word or number. */
const NAME = /^(?=\S*[\d.\\/:@_])(?!\d+$)(?!.*\.$)\S+( \S+)?$/;

export const EntryRow = memo(function EntryRow({ entry, said, by, titleId, incident, isNow, isOpen, toggle }: EntryRowProps) {
  const facts = factsOf(said.body);
  const isLong = facts.length > FACTS_SHOWN || facts.some(isCut);
  const shown = isOpen ? facts : facts.slice(0, FACTS_SHOWN);
  const title = kindWords(said.kind);
  return (
    <div className="entry">
      <div className="row entry-head">
        <Link to="." search={(before: object) => ({ ...before, entry: String(entry.seq) }) as never} resetScroll={false}>
          #{entry.seq}
        </Link>
        <h3 id={titleId}>{title}</h3>
        {said.at && <Badge>Carried over</Badge>}
        <span className="small soft">
          <Moment at={said.at ?? entry.at} /> by {by}
        </span>
      </div>
      {said.at && (
        <p className="small soft">
          Recorded here <Moment at={entry.at} />
        </p>
      )}
      {entry.withheld ? (
        <p className="soft">
          <Icon name="lock" /> What it says is about something that you may not see.
        </p>
      ) : (
        <Facts facts={shown} isWhole={isOpen} />
      )}
      <div className="row small entry-foot">
        {isLong && (
          <button type="button" className="button quiet" aria-expanded={isOpen} onClick={() => toggle(entry.seq)}>
            {isOpen ? 'Show less' : `Show all of it${facts.length > FACTS_SHOWN ? `, ${count(facts.length, 'value')}` : ''}`}
          </button>
        )}
        {isNow && (
          <Link to="/incidents/$id" params={{ id: incident }} search={{ as_of: entry.at }}>
            Look at the incident as it was then<span className="hidden"> (entry #{entry.seq})</span>
          </Link>
        )}
        <span className="soft">
          Hash <span className="mono">{entry.hash.slice(0, HASH_SHOWN)}…</span>
        </span>
        <button type="button" className="button quiet" onClick={() => void copy(entry.hash, 'The hash was copied.')}>
          <Icon name="copy" />
          Copy<span className="hidden"> the hash of entry #{entry.seq}</span>
        </button>
      </div>
    </div>
  );
});

export function Facts({ facts, isWhole = false }: { facts: readonly Fact[]; isWhole?: boolean }) {
  const name = useNames();
  if (facts.length === 0) return null;
  return (
    <dl className="entry-facts">
      {facts.map((fact, index) => (
        <div key={index}>
          <dt>{fact.name}</dt>
          <dd>
            {(isWhole ? fact.values : fact.values.slice(0, VALUES_SHOWN)).map((value, place) => (
              <FactValue key={place} value={value} isWhole={isWhole} name={name} />
            ))}
            {!isWhole && fact.values.length > VALUES_SHOWN && <span className="soft small">and {fact.values.length - VALUES_SHOWN} more</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function isCut({ values }: Fact): boolean {
  return values.length > VALUES_SHOWN || values.some((value) => value.length > TEXT_SHOWN);
}

function FactValue({ value, isWhole, name }: { value: string; isWhole: boolean; name: (actor: string) => string }) {
  if (TIME.test(value)) return <Moment at={value} />;
  if (ACTOR.test(value)) return <span>{name(value)}</span>;
  if (NAME.test(value)) return <Value text={value} />;
  return <span>{isWhole || value.length <= TEXT_SHOWN ? value : `${value.slice(0, TEXT_SHOWN)}…`}</span>;
}
