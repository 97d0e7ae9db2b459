// From a piece of evidence of a story to the event that is stored.

import type { Api } from '../../../api/client';

/** Events of one chunk of the store have the lower 16 bits of a position; the rest is the chunk. */
const CHUNK = 65_536;

/** Id of the stored event, `chunk-index`. */
export function eventId(evidence: Api['StoryAlertEvent']): string {
  return `${Math.floor(evidence.position / CHUNK)}-${evidence.position % CHUNK}`;
}
