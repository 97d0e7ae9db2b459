// The text of a rule, and beside and below it what comes of it.

import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';

import type { Api } from '../../../api/client';
import { randomUuid } from '../../../api/random';
import { Ask } from '../../../ui/Ask';
import { Button } from '../../../ui/Button';
import type { TextHandle } from '../../../ui/code/Code';
import { TextCard } from '../../../ui/code/TextCard';
import { useText } from '../../../ui/code/text';
import type { HuntSearch } from '../../hunt/search';
import { useChecked } from './checked';
import { draftOf } from './draft';
import { Finish } from './Finish';
import { dropRule, keepRule, readRule } from './kept';
import { Reading } from './Reading';
import { Trial } from './Trial';
import './rule.css';

interface BenchProps {
  /** What the rule is made from. */
  search: HuntSearch;
  /** One that the search finds. */
  event: Api['EventView'] | undefined;
}

export function Bench(props: BenchProps) {
  const { view, show } = useView();
  const { begun, text, isKept, change, restart, isTyped, beginAnew } = useRule(props);
  const handle = useRef<TextHandle>(null);
  const checked = useChecked(text);
  const choosePlain = (plain: boolean) => {
    restart(text);
    show(plain ? 'plain' : undefined);
  };
  return (
    <>
      <div className="workbench rule-bench">
        <TextCard
          ref={handle}
          label="Text of the rule"
          begun={begun}
          change={change}
          marks={checked.isCurrent ? checked.marks : undefined}
          isPlain={view === 'plain'}
          choosePlain={choosePlain}
          foot={isKept ? 'What you write is kept in this tab only.' : 'This browser keeps nothing: download the text before you leave.'}
        >
          <Anew isTyped={isTyped} begin={beginAnew} />
        </TextCard>
        <Reading checked={checked} goTo={(line) => handle.current?.goTo(line, true)} />
      </div>
      <Trial text={text} checked={checked} />
      <Finish text={text} checked={checked} />
    </>
  );
}

function Anew({ isTyped, begin }: { isTyped: boolean; begin: () => void }) {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Button onPress={() => (isTyped ? setAsked(true) : begin())}>{isTyped ? 'Begin anew…' : 'Begin anew'}</Button>
      <Ask title="Begin anew" open={asked} close={() => setAsked(false)} act="Begin anew" danger run={async () => begin()}>
        <p className="notice warn">What you have written here is thrown away. Download it before, if you want to keep it.</p>
      </Ask>
    </>
  );
}

/** The text: what this tab has kept, or what the search makes, each time with an id of its own. */
function useRule({ search, event }: BenchProps) {
  const [kept] = useState(() => readRule(search));
  const make = () => draftOf(search, event, { id: randomUuid(), date: new Date().toISOString().slice(0, 10) });
  const [origin, setOrigin] = useState(make);
  const writing = useText(kept ?? origin, (now) => (now === origin ? dropRule(search) : keepRule(search, now)));
  const beginAnew = () => {
    const anew = make();
    setOrigin(anew);
    writing.restart(anew);
    dropRule(search);
  };
  return { ...writing, isTyped: writing.text !== origin, beginAnew };
}

/** Which field it is stands in the address. */
function useView() {
  const { view } = useSearch({ strict: false });
  const navigate = useNavigate();
  const show = (wanted: string | undefined) =>
    void navigate({ to: '.', search: (before: object) => ({ ...before, view: wanted }) as never, replace: true, resetScroll: false });
  return { view, show };
}
