// Copies text, and says whether it worked. Browsers give no clipboard to pages over plain http, and people may forbid it: then the
// text is offered for copying by hand, see `CopyByHand`.

import { storeOf } from './store';
import { tell } from './Toast';

export const byHand = storeOf<string | undefined>(undefined);

export async function copy(text: string, said = 'Copied'): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return byHand.set(text);
  }
  tell(said);
}
