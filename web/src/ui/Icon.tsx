// Small drawings, ours, on a grid of 24. They never stand alone: text or a label says the same.

const PATHS = {
  now: 'M12 7v5l3.5 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  alert: 'M12 3 2.5 20h19L12 3ZM12 10v4M12 17h.01',
  incident: 'M12 2.5 4 6v6c0 4.7 3.3 8 8 9.5 4.7-1.5 8-4.8 8-9.5V6l-8-3.5Z',
  hunt: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16.5 16.5 21 21',
  playbook: 'M5 4h11l3 3v13H5zM9 9h6M9 13h6M9 17h3',
  detection: 'M3 12c2.5-4.5 5.5-7 9-7s6.5 2.5 9 7c-2.5 4.5-5.5 7-9 7s-6.5-2.5-9-7ZM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  improve: 'M4 19h16M6 15l4-5 4 3 5-8',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  graph: 'M6 8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM18 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8 20.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8.3 7l7.4 2.2M16.2 11.7l-6 4.8M6.3 8.5l1.3 7',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c1-3.8 3.7-5.5 7.5-5.5s6.5 1.7 7.5 5.5',
  host: 'M3 5h18v11H3zM8 20h8M12 16v4',
  link: 'M14 4h6v6M20 4l-9 9M10 5H5v14h14v-5',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M4.5 12.5 10 18 20 6.5',
  close: 'M5 5l14 14M19 5 5 19',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  undo: 'M8 5 4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3',
  play: 'M7 4.5v15l12-7.5-12-7.5Z',
  pause: 'M8 5v14M16 5v14',
  stop: 'M6 6h12v12H6z',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  evidence: 'M4 8h16v12H4zM3 4h18v4H3zM10 12h4',
  down: 'm6 9 6 6 6-6',
  right: 'm9 6 6 6-6 6',
  plus: 'M12 5v14M5 12h14',
  bell: 'M6 10a6 6 0 0 1 12 0c0 5 2 6 2 7H4c0-1 2-2 2-7ZM10 20.5h4',
  menu: 'M4 6h16M4 12h16M4 18h16',
  help: 'M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5h.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  critical: 'M12 3v10M12 18.5h.01',
  high: 'm5 14 7-7 7 7M5 20l7-7 7 7',
  medium: 'm5 16 7-7 7 7',
  low: 'm5 9 7 7 7-7',
  informational: 'M12 11v8M12 6.5h.01',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon-mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
