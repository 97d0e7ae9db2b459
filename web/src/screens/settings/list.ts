// How high a list in a card is: as high as its rows, until it has to scroll.

const HEAD_PX = 40;
/** Of comfortable rows; compact ones leave some room. */
const ROW_PX = 40;

export function listHeight(rows: number): { height: string } {
  return { height: `min(60vh, ${HEAD_PX + Math.max(rows, 3) * ROW_PX}px)` };
}
