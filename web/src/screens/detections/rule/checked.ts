// Asks the server what a text says as a rule, once somebody stops typing.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import { api, type Api, read } from '../../../api/client';
import type { TextMark } from '../../../ui/code/Code';
import { useSettled } from '../../../ui/settled';

/** Longest text that the server takes. */
export const CHARS_MAX = 60_000;

export interface Checked {
  query: { isError: boolean; error: unknown; refetch: () => unknown };
  isTooLong: boolean;
  /** What the server says; of the text before, while it has not said anything of this one. */
  said: Api['RuleCheck'] | undefined;
  /** Whether that is about the text as it is now. */
  isCurrent: boolean;
  /** What is wrong, where the server says in which line. */
  marks: TextMark[];
}

export function useChecked(text: string): Checked {
  const settled = useSettled(text);
  const isTooLong = useMemo(() => Array.from(settled).length > CHARS_MAX, [settled]);
  const query = useQuery({
    queryKey: ['rule-draft', settled],
    queryFn: async ({ signal }) => ({
      text: settled,
      said: await read(api.POST('/api/v1/rules/check', { body: { text: settled }, signal })),
    }),
    enabled: !isTooLong,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
  const { data } = query;
  const marks = useMemo(() => (data?.said.refused ?? []).flatMap(markOf), [data]);
  return { query, isTooLong, said: data?.said, isCurrent: data?.text === text && !query.isPlaceholderData, marks };
}

function markOf(message: string): TextMark[] {
  const line = lineIn(message);
  return line === undefined ? [] : [{ line, finding: { grade: 'error', message, rule: 'sigma' } }];
}

/** Of a text that is no YAML, or no Sigma, the server says where. */
export function lineIn(reason: string): number | undefined {
  const line = /\bline (\d+) column \d+/.exec(reason)?.[1];
  return line === undefined ? undefined : Number(line);
}
