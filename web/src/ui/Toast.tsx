// Short news at the edge of the page, said to screen readers, too. News go by themselves, but not while somebody points at them or
// has the focus there; troubles stay until they are dismissed. An action in them has to be possible elsewhere as well.

import { useEffect, useRef, useState, type FocusEvent } from 'react';

import { explain } from '../api/client';
import { Button, IconButton } from './Button';
import { storeOf } from './store';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  act?: { label: string; run: () => void };
}

const SHOWN_MS = 8_000;
const NEWS_MAX = 4;
const TROUBLES_MAX = 20;
const toasts = storeOf<readonly Toast[]>([]);
let last = 0;

export function tell(text: string, act?: Toast['act']): void {
  add({ text, bad: false, act });
}

export function tellTrouble(error: unknown): void {
  add({ text: explain(error), bad: true });
}

/** For when another person may be the next to look. */
export function dropToasts(): void {
  toasts.set([]);
}

/** Always drawn: screen readers only hear what comes into a region that they know, and a dialog lets alone what was there first. */
export function Toasts() {
  const shown = toasts.use();
  const list = useRef<HTMLDivElement>(null);
  const cameFrom = useRef<Element>(null);
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  useF6(list, cameFrom);
  const enter = ({ relatedTarget, currentTarget }: FocusEvent) => {
    setFocused(true);
    if (!currentTarget.contains(relatedTarget)) cameFrom.current = relatedTarget;
  };
  const dismiss = (toast: Toast) => {
    const next = shown[shown.indexOf(toast) + 1] ?? shown[shown.indexOf(toast) - 1];
    remove(toast.id);
    if (next) list.current?.querySelector<HTMLElement>(`[data-toast="${next.id}"] .dismiss button`)?.focus();
    else {
      // With the last one, nothing is left that could tell that pointer and focus are gone.
      setPointed(false);
      setFocused(false);
      giveBack(cameFrom.current);
    }
  };
  return (
    <div
      className="toasts"
      ref={list}
      role="status"
      aria-live="polite"
      // Each by itself, and not all of them again when one comes.
      aria-atomic="false"
      // Dialogs leave the focus to whatever has this mark.
      data-react-aria-top-layer="true"
      onPointerEnter={() => setPointed(true)}
      onPointerLeave={() => setPointed(false)}
      onFocus={enter}
      onBlur={({ relatedTarget, currentTarget }) => setFocused(currentTarget.contains(relatedTarget))}
    >
      {shown.map((toast) => (
        <News key={toast.id} toast={toast} isHeld={pointed || focused} dismiss={() => dismiss(toast)} />
      ))}
    </div>
  );
}

function News({ toast, isHeld, dismiss }: { toast: Toast; isHeld: boolean; dismiss: () => void }) {
  const { id, text, bad, act } = toast;
  useEffect(() => {
    if (bad || isHeld) return;
    const timer = setTimeout(() => remove(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, bad, isHeld]);
  return (
    <div className={bad ? 'toast bad' : 'toast'} data-toast={id}>
      <span className="grow wrap">{text}</span>
      {act && (
        <Button
          onPress={() => {
            dismiss();
            act.run();
          }}
        >
          {act.label}
        </Button>
      )}
      <span className="dismiss">
        <IconButton icon="close" label="Dismiss" onPress={dismiss} />
      </span>
    </div>
  );
}

/** F6 goes to the latest news and back, from below a dialog as well, whose Tab never leaves it. */
function useF6(list: { current: HTMLElement | null }, cameFrom: { current: Element | null }): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const button = list.current?.querySelector<HTMLElement>('.toast:last-child .dismiss button');
      if (event.key !== 'F6' || !button) return;
      event.preventDefault();
      if (list.current?.contains(document.activeElement)) giveBack(cameFrom.current);
      else button.focus();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [list, cameFrom]);
}

function giveBack(focus: Element | null): void {
  const place = focus instanceof HTMLElement && focus.isConnected ? focus : document.getElementById('main');
  place?.focus({ preventScroll: true });
}

function add(toast: Omit<Toast, 'id'>): void {
  // The same trouble again is news, but not one more to dismiss.
  const others = toasts.get().filter(({ bad, text }) => !(bad && toast.bad && text === toast.text));
  const all = [...others, { ...toast, id: ++last }];
  const kept = new Set([...all.filter(({ bad }) => !bad).slice(-NEWS_MAX), ...all.filter(({ bad }) => bad).slice(-TROUBLES_MAX)]);
  toasts.set(all.filter((each) => kept.has(each)));
}

function remove(id: number): void {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}
