// Short news at the edge of the page, said to screen readers, too. They go by themselves; an action in them has to be possible
// elsewhere as well.

import { useSyncExternalStore } from 'react';

import { explain } from '../api/client';
import { Button, IconButton } from './Button';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  act?: { label: string; run: () => void };
}

const SHOWN_MS = 8_000;
const SHOWN_MAX = 4;
let toasts: readonly Toast[] = [];
let last = 0;
const watchers = new Set<() => void>();

export function tell(text: string, act?: Toast['act']): void {
  add({ text, bad: false, act });
}

export function tellTrouble(error: unknown): void {
  add({ text: explain(error), bad: true });
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} className={toast.bad ? 'toast bad' : 'toast'}>
          <span className="grow wrap">{toast.text}</span>
          {toast.act && (
            <Button
              onPress={() => {
                toast.act?.run();
                remove(toast.id);
              }}
            >
              {toast.act.label}
            </Button>
          )}
          <IconButton icon="close" label="Dismiss" onPress={() => remove(toast.id)} />
        </div>
      ))}
    </div>
  );
}

function add(toast: Omit<Toast, 'id'>): void {
  const id = ++last;
  toasts = [...toasts, { ...toast, id }].slice(-SHOWN_MAX);
  changed();
  setTimeout(() => remove(id), SHOWN_MS);
}

function remove(id: number): void {
  if (!toasts.some((toast) => toast.id === id)) return;
  toasts = toasts.filter((toast) => toast.id !== id);
  changed();
}

function changed(): void {
  for (const watcher of watchers) watcher();
}
