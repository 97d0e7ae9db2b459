// What is pressed. Every button has words: an icon alone takes them as its label.

import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps, Tooltip, TooltipTrigger } from 'react-aria-components';

import { Icon, type IconName } from './Icon';

type Look = 'plain' | 'primary' | 'danger' | 'quiet';

interface ButtonProps extends Omit<AriaButtonProps, 'children' | 'className'> {
  look?: Look;
  icon?: IconName;
  children: ReactNode;
}

export function Button({ look = 'plain', icon, children, ...rest }: ButtonProps) {
  return (
    <AriaButton className={`button ${look}`} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </AriaButton>
  );
}

interface IconButtonProps extends Omit<AriaButtonProps, 'children' | 'className' | 'aria-label'> {
  icon: IconName;
  label: string;
  look?: Look;
}

export function IconButton({ icon, label, look = 'quiet', ...rest }: IconButtonProps) {
  return (
    <TooltipTrigger delay={400}>
      <AriaButton className={`button icon ${look}`} aria-label={label} {...rest}>
        <Icon name={icon} />
      </AriaButton>
      <Tooltip className="popover small" offset={4}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  );
}

/** A place to go to that looks like a button. */
export function LinkButton({ look = 'plain', icon, children, ...rest }: LinkProps & { look?: Look; icon?: IconName; children: ReactNode }) {
  return (
    <Link className={`button ${look}`} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  );
}
