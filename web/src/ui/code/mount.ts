// Puts an editor of text into the page. It stands in a shadow tree, so that its styles are constructed and not written into the page,
// which the policy of the page forbids.

import type { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';

/** An editor in this place, until it is destroyed. */
export function mount(host: HTMLElement, state: EditorState): EditorView {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const view = new EditorView({ state, parent: root, root });
  view.contentDOM.addEventListener('keydown', keepKeys);
  return view;
}

/** From outside, what is typed in a shadow tree seems to be typed on its host, which is no field: single keys would be shortcuts. */
function keepKeys(event: KeyboardEvent): void {
  if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
}
