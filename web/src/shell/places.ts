// The screens of the rail, and the letter that follows `g`.

import type { IconName } from '../ui/Icon';

interface Place {
  to: '/' | '/incidents' | '/alerts' | '/hunt' | '/playbooks' | '/detections' | '/improve' | '/settings';
  text: string;
  icon: IconName;
  key: string;
}

export const PLACES: readonly Place[] = [
  { to: '/', text: 'Now', icon: 'now', key: 'n' },
  { to: '/incidents', text: 'Incidents', icon: 'incident', key: 'i' },
  { to: '/alerts', text: 'Alerts', icon: 'alert', key: 'a' },
  { to: '/hunt', text: 'Hunt', icon: 'hunt', key: 'h' },
  { to: '/playbooks', text: 'Playbooks', icon: 'playbook', key: 'p' },
  { to: '/detections', text: 'Detections', icon: 'detection', key: 'd' },
  { to: '/improve', text: 'Improve', icon: 'improve', key: 'm' },
  { to: '/settings', text: 'Settings', icon: 'settings', key: 's' },
];
