// The run that says how things stand: the one that began last.

import type { Api } from '../../api/client';

export function newestOf(runs: readonly Api['RunSummary'][]): Api['RunSummary'] | undefined {
  return runs.reduce<Api['RunSummary'] | undefined>((last, run) => (last && last.begun_at > run.begun_at ? last : run), undefined);
}
