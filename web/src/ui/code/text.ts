// A text that is being written, for a field that keeps its own copy.

import { useState } from 'react';

/** What a field began with; after `times`, another field begins. */
export interface Begun {
  text: string;
  times: number;
}

/** `keep` is called with each change, and says whether the browser keeps it; `restart` puts another text into the field. */
export function useText(first: string, keep: (text: string) => boolean) {
  const [begun, setBegun] = useState<Begun>({ text: first, times: 0 });
  const [text, setText] = useState(first);
  const [isKept, setKept] = useState(true);
  const change = (now: string) => {
    setText(now);
    setKept(keep(now));
  };
  const restart = (anew: string) => {
    change(anew);
    setBegun({ text: anew, times: begun.times + 1 });
  };
  return { begun, text, isKept, change, restart };
}
