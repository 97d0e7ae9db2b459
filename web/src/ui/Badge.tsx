// Short states, in words first and colour second.

import type { ReactNode } from 'react';

import { Icon, type IconName } from './Icon';
import { LEVELS } from './levels';
import { words } from './text';

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'accent';

export function Badge({ tone = 'plain', icon, children }: { tone?: Tone; icon?: IconName; children: ReactNode }) {
  return (
    <span className={`badge ${tone}`}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}

export type Level = (typeof LEVELS)[number];

export function Severity({ level }: { level: string }) {
  const known = (LEVELS as readonly string[]).includes(level) ? (level as Level) : 'informational';
  return (
    <span className={`badge sev-${known}`}>
      <Icon name={known} />
      {words(level)}
    </span>
  );
}

const TONES: Record<string, Tone> = {
  new: 'accent',
  open: 'warn',
  claimed: 'accent',
  confirmed: 'bad',
  resolved: 'good',
  done: 'good',
  failed: 'bad',
  waiting: 'warn',
  paused: 'warn',
  closed: 'good',
};

export function Status({ status }: { status: string }) {
  return <Badge tone={TONES[status] ?? 'plain'}>{words(status)}</Badge>;
}
