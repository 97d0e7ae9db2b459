// What was answered in the guide. It stays in this tab until it is closed, and goes nowhere else.

import { useState } from 'react';

export interface Said {
  /** Which question is shown; beyond the last one, the end. */
  at: number;
  /** Id of an answer by id of a factor. */
  answers: Record<string, string>;
  /** The family that a law, a contract or a certificate asks for; empty if none does, nothing as long as nobody said. */
  required?: string;
}

const PLACE = 'quell-guide';

export function useSaid(): [Said, (change: Partial<Said>) => void] {
  const [said, setSaid] = useState(remembered);
  const change = (part: Partial<Said>) => {
    const next = { ...said, ...part };
    sessionStorage.setItem(PLACE, JSON.stringify(next));
    setSaid(next);
  };
  return [said, change];
}

function remembered(): Said {
  const fresh: Said = { at: 0, answers: {} };
  try {
    const kept = JSON.parse(sessionStorage.getItem(PLACE) ?? '{}') as Partial<Said>;
    const answers = Object.fromEntries(Object.entries(kept.answers ?? {}).filter(([, answer]) => typeof answer === 'string'));
    return { at: Number.isInteger(kept.at) ? Math.max(0, Number(kept.at)) : 0, answers, required: typeof kept.required === 'string' ? kept.required : undefined };
  } catch {
    return fresh;
  }
}
