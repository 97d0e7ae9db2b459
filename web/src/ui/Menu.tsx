// A button that opens a short list of things to do.

import type { Key, ReactNode } from 'react';
import { Button as AriaButton, Menu as AriaMenu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';

import { Icon, type IconName } from './Icon';

export interface MenuEntry {
  id: string;
  text: string;
  icon?: IconName;
  run: () => void;
}

interface MenuProps {
  label: string;
  entries: readonly MenuEntry[];
  /** What the button shows; three dots with the label for readers if left out. */
  children?: ReactNode;
  className?: string;
}

export function Menu({ label, entries, children, className }: MenuProps) {
  const run = (key: Key) => entries.find((entry) => entry.id === key)?.run();
  return (
    <MenuTrigger>
      <AriaButton className={className ?? (children ? 'button' : 'button quiet icon')} aria-label={children ? undefined : label}>
        {children ?? <Icon name="more" />}
      </AriaButton>
      <Popover className="popover">
        <AriaMenu aria-label={label} onAction={run}>
          {entries.map((entry) => (
            <MenuItem key={entry.id} id={entry.id} textValue={entry.text}>
              {entry.icon && <Icon name={entry.icon} />}
              {entry.text}
            </MenuItem>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
