// From what a story names to what is stored: the event of a piece of evidence, the alert on a step.

import type { Api } from '../../../api/client';

/** Events of one chunk of the store have the lower 16 bits of a position; the rest is the chunk. */
const CHUNK = 65_536;

/** Id of the stored event, `chunk-index`. */
export function eventId(evidence: Api['StoryAlertEvent']): string {
  return `${Math.floor(evidence.position / CHUNK)}-${evidence.position % CHUNK}`;
}

/** The alert that a step names by its title: the one on a record of the step, or else the only one of that title. */
export function alertOf(story: Api['Story'], step: Api['StoryStep'], title: string): Api['StoryAlert'] | undefined {
  const named = story.alerts.filter(({ rule }) => rule.title === title);
  const onStep = named.find(({ event }) => step.evidence.some(({ position }) => position === event.position));
  return onStep ?? (named.length === 1 ? named[0] : undefined);
}
