// One item of a timeline: when it happened, when that became known, who wrote it, what shows it. Its texts may be an intruder's:
// they are only ever text.

import { Link } from '@tanstack/react-router';
import { memo } from 'react';

import { pieceHash } from '../evidence/facts';
import type { Api } from '../../../api/client';
import { Icon } from '../../../ui/Icon';
import { Markdown } from '../../../ui/Markdown';
import { AlertPeek } from '../../../ui/Peek';
import { span } from '../../../ui/text';
import { Moment } from '../../../ui/When';
import { KINDS, type Item, type Placed } from './items';

/** Where an item comes from decides how it is changed: what people wrote is edited, what work says is undone, if the reader may. */
export type Origin = 'written' | 'work' | 'fixed';

export type Act = 'part' | 'edit' | 'remove' | 'undo';

interface RowProps {
  placed: Placed;
  titleId: string;
  by: string;
  incident: string;
  as_of: string | undefined;
  /** Nothing if it cannot be changed. */
  origin: Origin | undefined;
  /** Whether its actions are shown. They are plain buttons: a menu in each row would cost more than all the rest of the row. */
  isOpen: boolean;
  open: (item: Item | undefined) => void;
  act: (act: Act, item: Item) => void;
}

/** Parts of parts are moved in so far and no further. */
const INDENT_MAX = 6;

export const Row = memo(function Row({ placed, titleId, by, incident, as_of, origin, isOpen, open, act }: RowProps) {
  const { item, depth, of } = placed;
  return (
    <div className={`moment kind-${item.kind}`} style={{ paddingInlineStart: `calc(var(--gap-3) + ${Math.min(depth, INDENT_MAX) * 1.25}rem)` }}>
      <div className="moment-head">
        <Moment at={item.at} />
        <KindMark kind={item.kind} />
        <Link to="." search={(before: object) => ({ ...before, item: String(item.id) }) as never} resetScroll={false} className="small">
          #{item.id}
        </Link>
        {of !== undefined && <span className="small soft cut">part of: {of}</span>}
      </div>
      {origin && (
        <button
          type="button"
          className="button quiet icon moment-actions"
          aria-expanded={isOpen}
          aria-label={`Change: ${item.title}`}
          onClick={() => open(isOpen ? undefined : item)}
        >
          <Icon name="more" />
        </button>
      )}
      {origin && isOpen && <Actions item={item} origin={origin} act={act} />}
      <h3 id={titleId} className="wrap">
        {item.title}
      </h3>
      <p className="small soft">
        {item.discovered_at && <Discovery item={item} known={item.discovered_at} />}
        Recorded <Moment at={item.recorded_at} /> by {by}
      </p>
      {item.text && <Markdown text={item.text} level={4} />}
      {item.references.length > 0 && (
        <ul className="row small" aria-label="What shows it">
          {item.references.map((reference, index) => (
            <li key={index}>
              <ReferenceLink reference={reference} incident={incident} as_of={as_of} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
});

export function KindMark({ kind }: { kind: string }) {
  const known = KINDS.find((each) => each.kind === kind);
  return (
    <span className="kind-mark">
      {known && <Icon name={known.icon} />}
      {known?.word ?? kind}
    </span>
  );
}

function Discovery({ item, known }: { item: Item; known: string }) {
  const seconds = (Date.parse(known) - Date.parse(item.at)) / 1_000;
  return (
    <>
      Became known <Moment at={known} /> ({span(seconds)} {seconds < 0 ? 'before' : 'later'}) ·{' '}
    </>
  );
}

const ACTIONS: readonly { act: Act; text: string; of: Origin | 'all' }[] = [
  { act: 'part', text: 'Add a part of it', of: 'all' },
  { act: 'edit', text: 'Edit', of: 'written' },
  { act: 'remove', text: 'Remove', of: 'written' },
  { act: 'undo', text: 'Undo the work it comes from', of: 'work' },
];

function Actions({ item, origin, act }: { item: Item; origin: Origin; act: RowProps['act'] }) {
  return (
    <div className="row" role="group" aria-label={`Change: ${item.title}`}>
      {ACTIONS.filter(({ of }) => of === 'all' || of === origin).map((entry) => (
        <button key={entry.act} type="button" className="button" onClick={() => act(entry.act, item)}>
          {entry.text}
        </button>
      ))}
    </div>
  );
}

function ReferenceLink({ reference, incident, as_of }: { reference: Api['Reference']; incident: string; as_of: string | undefined }) {
  if ('event' in reference) {
    return (
      <Link to="/hunt" search={{ event: reference.event }}>
        Event {reference.event}
      </Link>
    );
  }
  if ('alert' in reference) {
    return (
      <AlertPeek of={reference.alert}>
        <Link to="/alerts" search={{ alert: reference.alert }}>
          Alert {reference.alert}
        </Link>
      </AlertPeek>
    );
  }
  if ('evidence' in reference) {
    return (
      <Link to="/incidents/$id/evidence" params={{ id: incident }} search={{ as_of }} hash={pieceHash(reference.evidence)}>
        Evidence #{reference.evidence}
      </Link>
    );
  }
  if ('entry' in reference) {
    const search = { as_of, entry: String(reference.entry) };
    return (
      <Link to="/incidents/$id/ledger" params={{ id: incident }} search={search}>
        Entry #{reference.entry}
      </Link>
    );
  }
  return <span className="mono wrap">{reference.elsewhere}</span>;
}
