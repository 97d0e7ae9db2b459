// Where the focus goes when somebody removes what has it: to what took its place, to what stood before it, or to what is named.

/** To be called as the piece is removed. Looks for the buttons that remove once the list is drawn anew. */
export function focusNeighbour(list: HTMLElement | null, buttons: string, index: number, otherwise: () => HTMLElement | null): void {
  requestAnimationFrame(() => {
    const left = list?.isConnected ? [...list.querySelectorAll<HTMLElement>(buttons)] : [];
    (left[Math.min(index, left.length - 1)] ?? otherwise())?.focus();
  });
}
