// Single keys that act on alerts: on those that are selected; otherwise on the row that has the focus; otherwise on the alert that
// is open. None acts while somebody types, or as the second letter of `g` and a place.

import { useEffect, useRef } from 'react';

import { isShortcut, SECOND_KEY_WITHIN_MS } from '../../ui/keys';
import type { Act, ActName } from './acts';
import type { Alert } from './list';

export interface Targets {
  selected: readonly Alert[];
  rows: readonly Alert[];
  open?: Alert;
}

export function useActKeys(acts: readonly Act[], targets: Targets, start: (name: ActName, alerts: readonly Alert[]) => void): void {
  const latest = useRef({ acts, targets, start });
  latest.current = { acts, targets, start };
  useEffect(() => {
    let wentAt = -SECOND_KEY_WITHIN_MS;
    const press = (event: KeyboardEvent) => {
      if (!isShortcut(event) || event.repeat) return;
      const isSecond = event.timeStamp - wentAt < SECOND_KEY_WITHIN_MS;
      wentAt = event.key === 'g' ? event.timeStamp : -SECOND_KEY_WITHIN_MS;
      const act = latest.current.acts.find(({ key }) => key === event.key);
      if (!act || isSecond) return;
      const alerts = meant(latest.current.targets, event.target);
      if (alerts.length === 0) return;
      event.preventDefault();
      latest.current.start(act.name, alerts);
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
}

function meant({ selected, rows, open }: Targets, target: EventTarget | null): readonly Alert[] {
  if (selected.length > 0) return selected;
  const row = target instanceof Element ? target.closest<HTMLElement>('.grid-row') : null;
  const focused = row ? rows[Number(row.dataset.index)] : undefined;
  const one = focused ?? open;
  return one ? [one] : [];
}
