// Where the focus goes when what has it goes away: to what stands in its place, or to the heading above. A removed item, a closed
// editor, a row that was judged must not send somebody who uses the keyboard back to the beginning of the page.

import { useEffect, type RefObject } from 'react';

interface Step {
  element: Element;
  next: Element | null;
  previous: Element | null;
}

/** A closing dialog puts the focus back by itself, if it can; only then is it looked after here. */
const SETTLE_MS = 60;
const TAKES_FOCUS = 'button:not([disabled]), a[href], input:not([disabled]), select, textarea, [tabindex="0"]';
/** What stands in a row with others of its kind: the next of them takes its place. */
const ITEM = 'li, tr, article, section.note';
const HEADING = 'h1, h2, h3';

export function useFocusKept(page: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const root = page.current;
    if (!root) return;
    let trail: Step[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const isLost = () => document.activeElement === null || document.activeElement === document.body;
    const isGone = () => trail[0] !== undefined && !trail[0].element.isConnected;
    const remember = ({ target }: FocusEvent) => {
      trail = target instanceof Element ? trailOf(target, root) : [];
    };
    // Whoever pressed beside everything wants the focus nowhere.
    const forget = () => setTimeout(() => !isGone() && isLost() && (trail = []));
    const look = () => {
      if (!isGone()) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (!isGone() || !isLost()) return;
        const target = heirOf(trail, root);
        trail = [];
        if (target) take(target);
      }, SETTLE_MS);
    };
    const watcher = new MutationObserver(look);
    watcher.observe(document.body, { childList: true, subtree: true });
    root.addEventListener('focusin', remember);
    root.addEventListener('focusout', forget);
    return () => {
      watcher.disconnect();
      clearTimeout(timer);
      root.removeEventListener('focusin', remember);
      root.removeEventListener('focusout', forget);
    };
  }, [page]);
}

/** From the element up to the page, each with its neighbours: what is removed has none any more. */
function trailOf(from: Element, root: HTMLElement): Step[] {
  const trail: Step[] = [];
  for (let element: Element | null = from; element && element !== root; element = element.parentElement) {
    trail.push({ element, next: element.nextElementSibling, previous: element.previousElementSibling });
  }
  return trail;
}

function heirOf(trail: readonly Step[], root: HTMLElement): HTMLElement | undefined {
  const gone = trail.findLast(({ element }) => !element.isConnected);
  const neighbour = gone?.element.matches(ITEM) ? [gone.next, gone.previous].find((each) => each?.isConnected && each.matches(ITEM)) : undefined;
  const own = neighbour?.matches('[tabindex]') ? neighbour : neighbour?.querySelector(TAKES_FOCUS);
  if (own instanceof HTMLElement) return own;
  const stays = trail.find(({ element }) => element.isConnected)?.element ?? root;
  const place = stays.closest('section') ?? stays;
  const found = place.querySelector(`${HEADING}, ${TAKES_FOCUS}`) ?? root.querySelector('h1');
  return found instanceof HTMLElement ? found : undefined;
}

/** A heading takes the focus only now, and only this once. */
function take(target: HTMLElement): void {
  if (target.matches(HEADING)) {
    target.tabIndex = -1;
    target.addEventListener('blur', () => target.removeAttribute('tabindex'), { once: true });
  }
  target.focus({ preventScroll: true });
}
