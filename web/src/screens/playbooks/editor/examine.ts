// Asks the server what is wrong with a text, once somebody stops typing. Keeps the last document that could be read.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';

import { api, type Api, read } from '../../../api/client';
import { useSettled } from '../../../ui/settled';
import { readPlaybook, type Playbook } from '../cacao';
import { lineOf, outlineOf, writtenSteps } from './where';

export type Finding = Api['Finding'];

/** A finding, and the line of the text that it is about. */
export interface Mark {
  finding: Finding;
  line: number;
}

/** A text that could be read, as a document. */
export interface Drawn {
  document: unknown;
  playbook: Playbook;
  /** What each step is called in the text. */
  written: ReadonlyMap<string, string>;
  byHand: ReadonlySet<string>;
}

/** Longest text that the server takes. */
export const TEXT_MAX = 200_000;

async function examine(text: string, signal?: AbortSignal): Promise<Api['Examined']> {
  return read(api.POST('/api/v1/playbooks/check', { body: { text }, signal }));
}

/** A document as authors write it. */
export async function textOf(document: unknown, signal?: AbortSignal): Promise<string> {
  const json = JSON.stringify(document, null, 2);
  const { yaml } = await examine(json, signal);
  return yaml ?? json;
}

export function useExamined(text: string) {
  const settled = useSettled(text);
  const query = useQuery({
    queryKey: ['playbook-draft', settled],
    queryFn: async ({ signal }) => ({ text: settled, examined: await examine(settled, signal) }),
    enabled: settled.length <= TEXT_MAX,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
  const { data } = query;
  const last = useRef<Drawn>(undefined);
  const found = useMemo(() => (data ? foundIn(data.text, data.examined, last.current) : undefined), [data]);
  if (found?.drawn) last.current = found.drawn;
  return {
    query,
    marks: found?.marks ?? [],
    /** Whether what was found is about the text as it is now. */
    isCurrent: data?.text === text && !query.isPlaceholderData,
    isReadable: found?.drawn !== undefined,
    drawn: found?.drawn ?? last.current,
    yaml: data?.examined.yaml ?? undefined,
  };
}

function foundIn(text: string, examined: Api['Examined'], before: Drawn | undefined): { marks: Mark[]; drawn: Drawn | undefined } {
  const { document, findings, by_hand } = examined;
  const root = outlineOf(text);
  const marks = findings.map((finding) => ({ finding, line: lineIn(finding) ?? lineOf(finding.at, document, root) }));
  if (!document) return { marks, drawn: undefined };
  // Of a document that cannot be run, the server does not say what would be by hand: then that from before counts.
  const isKnown = findings.every(({ rule }) => rule !== 'cannot-be-run');
  const byHand = isKnown || !before ? new Set(by_hand) : before.byHand;
  return { marks, drawn: { document, playbook: readPlaybook(document), written: writtenSteps(document, root), byHand } };
}

/** Of a text that cannot be read, only the message says where. */
function lineIn({ rule, message }: Finding): number | undefined {
  const line = rule === 'unreadable' ? /\bline (\d+)/.exec(message)?.[1] : undefined;
  return line === undefined ? undefined : Number(line);
}
