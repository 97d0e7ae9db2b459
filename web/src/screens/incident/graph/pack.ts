// Draws orbits together until cells would meet. Pure. Two cells lie apart if their middles differ by one in width or in height:
// so no label lies on a node, whatever the angle.

import type { Spot } from './layout';

export const CELL_WIDTH = 116;
export const CELL_HEIGHT = 62;
/** A radius is so much longer upwards than cells alone would have it, which gives the drawing the shape of a window. */
export const TALL = 1.3;

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
const HALF = { ru: 0.5, rv: 0.5 };

export class Pack {
  private readonly boxes: Box[] = [];

  /** What is placed already stays where it is; `spots` takes what is placed. */
  constructor(private readonly spots: Map<string, Spot>) {
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
    for (const { id, angle } of orbit) {
      this.spots.set(id, spotAt(radius, angle));
      this.boxes.push(boxAt(radius, angle));
    }
    return radius;
  }

  /** Finds room for a name outside of the orbits; `half` is half its width. */
  addName(angle: number, least: number, half: number): Spot {
    const size = { ru: half / CELL_WIDTH, rv: 0.2 };
    let radius = least;
    while (!this.boxes.every((box) => areApart(box, { ...boxAt(radius, angle), ...size }))) radius += STEP;
    this.boxes.push({ ...boxAt(radius, angle), ...size });
    return spotAt(radius, angle);
  }

  private fits(orbit: readonly Slot[], radius: number): boolean {
    const own = orbit.map(({ angle }) => boxAt(radius, angle));
    return own.every((box, at) => this.boxes.every((other) => areApart(box, other)) && own.every((other, index) => index <= at || areApart(box, other)));
  }
}

export function spotAt(radius: number, angle: number): Spot {
  return { x: radius * Math.cos(angle) * CELL_WIDTH, y: radius * Math.sin(angle) * TALL * CELL_HEIGHT };
}

function boxAt(radius: number, angle: number): Box {
  return { u: radius * Math.cos(angle), v: radius * Math.sin(angle) * TALL, ...HALF };
}

function areApart(one: Box, other: Box): boolean {
  return Math.abs(one.u - other.u) >= one.ru + other.ru || Math.abs(one.v - other.v) >= one.rv + other.rv;
}
