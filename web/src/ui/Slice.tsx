// A list that is long now and then: its beginning, and more of it by a button.

import { useState, type ReactNode } from 'react';

import { Button } from './Button';

const STEP = 100;

export function useSlice<Row>(rows: readonly Row[]): { shown: readonly Row[]; more: ReactNode } {
  const [most, setMost] = useState(STEP);
  const left = rows.length - most;
  const more = left > 0 && <Button onPress={() => setMost(most + STEP)}>{`Show more (${left.toLocaleString('en')} left)`}</Button>;
  return { shown: rows.slice(0, most), more };
}
