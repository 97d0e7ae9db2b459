// A field for a time: typed in the zone that the person reads times in, kept in UTC.

import { TextBox } from './Field';
import { useSettings } from './settings';

interface TimeBoxProps {
  label: string;
  /** RFC 3339, or nothing. */
  value: string;
  onChange: (value: string) => void;
  help?: string;
  required?: boolean;
}

export function TimeBox({ label, value, onChange, help, required }: TimeBoxProps) {
  const { zone } = useSettings();
  return (
    <TextBox
      label={`${label} (${zone === 'utc' ? 'UTC' : 'your time'})`}
      type="datetime-local"
      value={typedOf(value, zone)}
      onChange={(typed) => onChange(timeOf(typed, zone))}
      help={help}
      required={required}
    />
  );
}

/** Now, to the minute, so that it is never in the future. */
export function thisMinute(): string {
  return new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString();
}

function timeOf(typed: string, zone: 'utc' | 'local'): string {
  const time = new Date(zone === 'utc' ? `${typed}Z` : typed);
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
}

function typedOf(value: string, zone: 'utc' | 'local'): string {
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) return '';
  const shown = zone === 'utc' ? time : new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shown.toISOString().slice(0, 16);
}
