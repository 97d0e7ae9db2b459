// Moves the drawing under its window: by pointer, wheel, pinch and keys. React is never asked: one layer is moved, and only once
// the hand rests is the layer drawn again at its new size, so that it is sharp.

import { useEffect, useMemo, useRef, type RefObject } from 'react';

import type { Layout, Spot } from './layout';

const ZOOM_MAX = 3;
/** A pointer that moves less has clicked. */
const SLACK_PX = 4;
/** The hand rests after this long. */
const REST_MS = 350;
/** Up to this change of scale the drawing stays as it was drawn. */
const SOFT_MAX = 1.2;
/** Below this, labels cannot be read and are left away. */
const FAR = 0.52;
export const STEP = 1.3;
export const PAN_PX = 60;
const MARGIN_PX = 40;

type Bounds = Pick<Layout, 'left' | 'top' | 'width' | 'height'>;

export class Viewport {
  private x = 0;
  private y = 0;
  private zoom = 1;
  /** The zoom at which the layer is drawn. */
  private sharp = 0;
  private frame = 0;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private readonly pointers = new Map<number, Spot>();
  private wasDragged = false;
  /** Whether somebody has looked elsewhere: then it stays there. */
  private isMoved = false;
  /** Whether it is being moved now: then nothing is said about what passes below the pointer. */
  isMoving = false;

  constructor(
    private readonly view: HTMLElement,
    private readonly layer: HTMLElement,
    private readonly bounds: Bounds,
  ) {}

  listen(): () => void {
    const stop = new AbortController();
    const { signal } = stop;
    const { view } = this;
    view.addEventListener('wheel', (event) => this.wheel(event), { passive: false, signal });
    view.addEventListener('pointerdown', (event) => this.press(event), { signal });
    view.addEventListener('pointermove', (event) => this.drag(event), { signal });
    for (const end of ['pointerup', 'pointercancel'] as const) view.addEventListener(end, (event) => this.release(event), { signal });
    // What was dragged was not clicked.
    view.addEventListener('click', (event) => this.wasDragged && event.stopPropagation(), { capture: true, signal });
    const watch = new ResizeObserver(() => (this.isMoved ? this.moved() : this.fit()));
    watch.observe(view);
    this.fit();
    return () => {
      stop.abort();
      watch.disconnect();
      clearTimeout(this.rest);
      cancelAnimationFrame(this.frame);
    };
  }

  fit(): void {
    this.zoom = this.fitting();
    this.x = (this.view.clientWidth - this.bounds.width * this.zoom) / 2;
    this.y = (this.view.clientHeight - this.bounds.height * this.zoom) / 2;
    this.isMoved = false;
    this.apply();
    this.settle();
  }

  /** To its natural size, around the middle of the window. */
  natural(): void {
    this.zoomBy(1 / this.zoom);
  }

  zoomBy(factor: number, around?: Spot): void {
    const { x, y } = around ?? { x: this.view.clientWidth / 2, y: this.view.clientHeight / 2 };
    const least = Math.min(this.fitting() / 2, 1);
    const zoom = Math.max(least, Math.min(ZOOM_MAX, this.zoom * factor));
    const by = zoom / this.zoom;
    this.x = x - (x - this.x) * by;
    this.y = y - (y - this.y) * by;
    this.zoom = zoom;
    this.moved();
  }

  panBy(dx: number, dy: number): void {
    this.x += dx;
    this.y += dy;
    this.moved();
  }

  /** Brings a spot of the drawing into the window, if it is not there. */
  show(spot: Spot): void {
    const at = { x: this.x + (spot.x - this.bounds.left) * this.zoom, y: this.y + (spot.y - this.bounds.top) * this.zoom };
    const { clientWidth, clientHeight } = this.view;
    const need = (value: number, size: number) => Math.max(MARGIN_PX - value, Math.min(0, size - MARGIN_PX - value));
    const [dx, dy] = [need(at.x, clientWidth), need(at.y, clientHeight)];
    if (dx !== 0 || dy !== 0) this.panBy(dx, dy);
  }

  private fitting(): number {
    const { clientWidth, clientHeight } = this.view;
    return Math.max(0.02, Math.min(clientWidth / this.bounds.width, clientHeight / this.bounds.height, 1.25));
  }

  private moved(): void {
    const { clientWidth, clientHeight } = this.view;
    const within = (at: number, size: number, window: number) => Math.max(MARGIN_PX - size, Math.min(window - MARGIN_PX, at));
    // Some of the drawing always stays in the window, or it could not be found again.
    this.x = within(this.x, this.bounds.width * this.zoom, clientWidth);
    this.y = within(this.y, this.bounds.height * this.zoom, clientHeight);
    this.isMoved = true;
    this.isMoving = true;
    this.frame ||= requestAnimationFrame(() => this.apply());
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.settle(), REST_MS);
  }

  private apply(): void {
    this.frame = 0;
    const scale = this.sharp === 0 ? 1 : this.zoom / this.sharp;
    this.layer.style.transform = `translate(${this.x}px, ${this.y}px) scale(${scale})`;
  }

  private settle(): void {
    this.isMoving = false;
    if (this.pointers.size > 1) return;
    // Drawing anew costs frames; a little softness costs nothing.
    const soft = this.sharp === 0 ? Infinity : Math.max(this.zoom / this.sharp, this.sharp / this.zoom);
    if (soft > SOFT_MAX) {
      this.sharp = this.zoom;
      this.layer.style.width = `${this.bounds.width * this.zoom}px`;
      this.layer.style.height = `${this.bounds.height * this.zoom}px`;
      this.layer.classList.toggle('far', this.zoom < FAR);
    }
    this.x = Math.round(this.x);
    this.y = Math.round(this.y);
    this.apply();
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    // A pinch on a trackpad comes as a wheel with Ctrl, in small parts.
    const delta = Math.max(-120, Math.min(120, event.deltaY * lines * (event.ctrlKey ? 6 : 1)));
    this.zoomBy(Math.exp(-delta / 500), this.spot(event));
  }

  private press(event: PointerEvent): void {
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    if (this.pointers.size === 0) this.wasDragged = false;
    this.pointers.set(event.pointerId, this.spot(event));
  }

  private drag(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.spot(event);
    if (!this.wasDragged) {
      if (Math.hypot(now.x - before.x, now.y - before.y) < SLACK_PX) return;
      this.wasDragged = true;
      this.view.setPointerCapture(event.pointerId);
    }
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const far = (spot: Spot) => Math.max(1, Math.hypot(spot.x - other.x, spot.y - other.y));
      this.zoomBy(far(now) / far(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    }
    const share = other ? 0.5 : 1;
    this.panBy((now.x - before.x) * share, (now.y - before.y) * share);
    this.pointers.set(event.pointerId, now);
  }

  private release(event: PointerEvent): void {
    this.pointers.delete(event.pointerId);
  }

  private spot(event: MouseEvent): Spot {
    const box = this.view.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}

/** A viewport over a drawing with these bounds; fitted anew when another drawing comes. */
export function useViewport(bounds: Bounds) {
  const view = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const current = useRef<Viewport>(undefined);
  useEffect(() => {
    if (!view.current || !layer.current) return;
    const made = new Viewport(view.current, layer.current, bounds);
    current.current = made;
    return made.listen();
  }, [bounds]);
  return useMemo<{ view: RefObject<HTMLDivElement | null>; layer: RefObject<HTMLDivElement | null>; current: RefObject<Viewport | undefined> }>(
    () => ({ view, layer, current }),
    [],
  );
}
