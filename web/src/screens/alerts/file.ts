// Alerts as a table for other programs.

import { csvOf } from '../../ui/csv';
import { saveFile } from '../../ui/file';
import type { Alert } from './list';

const COLUMNS: readonly (readonly [string, (alert: Alert) => string | null | undefined])[] = [
  ['id', ({ id }) => id],
  ['severity', ({ severity }) => severity],
  ['status', ({ status }) => status],
  ['title', ({ title }) => title],
  ['about', ({ subject }) => subject],
  ['rule', ({ rule }) => rule],
  ['tags', ({ tags }) => tags.join(' ')],
  ['event_time', ({ time }) => time],
  ['raised_at', ({ raised_at }) => raised_at],
  ['source', ({ source }) => source],
  ['event', ({ event }) => event],
  ['incident', ({ incident }) => incident],
  ['assignee', ({ assignee }) => assignee],
  ['reason', ({ reason }) => reason],
  ['matched', ({ matched }) => JSON.stringify(matched)],
];

export function saveAlerts(alerts: readonly Alert[]): void {
  const rows = alerts.map((alert) => COLUMNS.map(([, of]) => of(alert) ?? ''));
  const head = COLUMNS.map(([name]) => name);
  saveFile(`alerts-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.csv`, csvOf([head, ...rows]), 'text/csv;charset=utf-8');
}
