// What is open beside a list, which keeps its place. Escape closes it; the focus stays where it was, or goes back to the row.

import { useEffect, useId, useRef, type ReactNode } from 'react';

import { IconButton } from './Button';
import { isCovered, isPeeking, isTyping } from './keys';
import './panel.css';

interface SidePanelProps {
  title: string;
  close: () => void;
  children: ReactNode;
}

export function SidePanel({ title, close, children }: SidePanelProps) {
  const id = useId();
  const panel = useRef<HTMLElement>(null);
  const leave = () => {
    const isInside = panel.current?.contains(document.activeElement) ?? false;
    close();
    if (isInside) requestAnimationFrame(() => document.querySelector<HTMLElement>('.grid-row[tabindex="0"]')?.focus());
  };
  const latest = useRef(leave);
  latest.current = leave;
  useEffect(() => {
    // Heard before the list does: the first Escape closes the panel, the next one unselects.
    const press = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || isTyping(event.target) || isCovered() || isPeeking()) return;
      event.stopPropagation();
      latest.current();
    };
    window.addEventListener('keydown', press, true);
    return () => window.removeEventListener('keydown', press, true);
  }, []);
  return (
    <section className="card side-panel" aria-labelledby={id} ref={panel}>
      <header>
        <h2 id={id} className="wrap">
          {title}
        </h2>
        <IconButton icon="close" label="Close the panel" onPress={leave} />
      </header>
      <div className="body stack">{children}</div>
    </section>
  );
}

/** A part of a panel. */
export function PanelPart({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="stack tight">
      <h3>{title}</h3>
      {children}
    </div>
  );
}
