// Draws nodes together until cells would meet: orbit by orbit, or, where there are few, each by itself. Pure. Two cells lie apart if
// their middles differ by one in width or in height: so no label lies on a node, whatever the angle.

import type { Spot } from './layout';

export const CELL_WIDTH = 116;
export const CELL_HEIGHT = 62;

/** Where a node stands on its orbit. */
export interface Slot {
  id: string;
  angle: number;
}

/** A rectangle by its middle and its half sides, in cells. */
interface Box {
  u: number;
  v: number;
  ru: number;
  rv: number;
}

const STEP = 0.05;
/** How far aside of its angle a node looks for room, step by step. */
const ASIDE = Math.PI / 60;
const HALF = { ru: 0.5, rv: 0.5 };

export class Pack {
  private readonly boxes: Box[] = [];

  /** What is placed already stays where it is; `spots` takes what is placed. */
  constructor(
    private readonly spots: Map<string, Spot>,
    /** A radius is so much longer upwards than cells alone would have it, which gives the drawing the shape of a window. */
    private readonly tall: number,
  ) {
    for (const { x, y } of spots.values()) this.boxes.push({ u: x / CELL_WIDTH, v: y / CELL_HEIGHT, ...HALF });
  }

  keepFree(box: Box): void {
    this.boxes.push(box);
  }

  /** Places an orbit as near as it fits, not nearer than `least`; gives its radius, or `last` if nothing is on it. */
  add(orbit: readonly Slot[], least: number, last: number): number {
    if (orbit.length === 0) return last;
    let radius = least;
    while (!this.fits(orbit, radius)) radius += STEP;
    for (const { id, angle } of orbit) this.put(id, radius, angle);
    return radius;
  }

  /** Places one node as near as there is room between two angles, and then as near to its own angle as it can; gives its radius. */
  addNear({ id, angle }: Slot, [from, until]: readonly [from: number, until: number], least: number): number {
    const angles = [angle];
    for (let aside = ASIDE; angle - aside >= from || angle + aside <= until; aside += ASIDE) {
      if (angle - aside >= from) angles.push(angle - aside);
      if (angle + aside <= until) angles.push(angle + aside);
    }
    for (let radius = least; ; radius += STEP) {
      const free = angles.find((each) => this.fits([{ id, angle: each }], radius));
      if (free === undefined) continue;
      this.put(id, radius, free);
      return radius;
    }
  }

  private put(id: string, radius: number, angle: number): void {
    this.spots.set(id, this.spotAt(radius, angle));
    this.boxes.push(this.boxAt(radius, angle));
  }

  /** Finds room for a name outside of the orbits; `half` is half its width. */
  addName(angle: number, least: number, half: number): Spot {
    const size = { ru: half / CELL_WIDTH, rv: 0.2 };
    let radius = least;
    while (!this.boxes.every((box) => areApart(box, { ...this.boxAt(radius, angle), ...size }))) radius += STEP;
    this.boxes.push({ ...this.boxAt(radius, angle), ...size });
    return this.spotAt(radius, angle);
  }

  private spotAt(radius: number, angle: number): Spot {
    return { x: radius * Math.cos(angle) * CELL_WIDTH, y: radius * Math.sin(angle) * this.tall * CELL_HEIGHT };
  }

  private boxAt(radius: number, angle: number): Box {
    return { u: radius * Math.cos(angle), v: radius * Math.sin(angle) * this.tall, ...HALF };
  }

  private fits(orbit: readonly Slot[], radius: number): boolean {
    const own = orbit.map(({ angle }) => this.boxAt(radius, angle));
    return own.every((box, at) => this.boxes.every((other) => areApart(box, other)) && own.every((other, index) => index <= at || areApart(box, other)));
  }
}

function areApart(one: Box, other: Box): boolean {
  return Math.abs(one.u - other.u) >= one.ru + other.ru || Math.abs(one.v - other.v) >= one.rv + other.rv;
}
