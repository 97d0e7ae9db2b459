// A message: drawn up from a template, written by a person, then sent by Quell or recorded as said without it.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api, read } from '../../../api/client';
import { Dialog } from '../../../ui/Dialog';
import { Check, Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { Markdown } from '../../../ui/Markdown';
import { linesOf, useRecord } from '../../../ui/record';
import { Found } from '../../../ui/State';
import { words } from '../../../ui/text';
import { TimeBox } from '../../../ui/TimeBox';
import { TLPS, type Tlp } from '../entities/Indicators';
import { Receivers } from './Receivers';

export interface ComposeStart {
  audience: string;
  /** Id of a template; nothing for a message without one. */
  template: string;
}

export const CHANNELS: readonly (readonly [Api['Channel'], string])[] = [
  ['mail', 'Mail, sent by Quell'],
  ['webhook', 'Webhook, sent by Quell'],
  ['phone', 'Phone, said without Quell'],
  ['meeting', 'Meeting, said without Quell'],
  ['portal', 'Portal, said without Quell'],
  ['other', 'Another way, without Quell'],
];

interface ComposeProps {
  id: string;
  start: ComposeStart;
  templates: readonly Api['MessageTemplate'][];
  close: () => void;
}

/** First the draft is fetched, so that the form begins with it and nothing replaces what is typed. */
export function Compose(props: ComposeProps) {
  const { id, start } = props;
  const draft = useQuery({
    queryKey: ['incident', id, 'draft', start.template],
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/incidents/{id}/communication/draft', {
          params: { path: { id }, query: { template: start.template } },
          signal,
        }),
      ),
    enabled: start.template !== '',
    gcTime: 0,
    staleTime: Infinity,
  });
  if (start.template === '') return <Letter {...props} draft={undefined} />;
  if (draft.data) return <Letter {...props} draft={draft.data} />;
  return (
    <Dialog title="A message" open close={props.close} light>
      <Found query={draft} what="Drawing it up">
        {() => null}
      </Found>
    </Dialog>
  );
}

function Letter({ id, start, templates, draft, close }: ComposeProps & { draft: Api['MessageDraftView'] | undefined }) {
  // What becomes of older messages changes nothing about this one; that somebody sent another one may.
  const record = useRecord(id, ({ messages }) => messages.map((each) => each.id));
  const [letter, setLetter] = useState({
    audience: draft?.audience ?? start.audience,
    channel: 'phone' as Api['Channel'],
    to: '',
    subject: draft?.subject ?? '',
    text: draft?.text ?? '',
    tlp: (TLPS.find(([tlp]) => tlp === draft?.tlp)?.[0] ?? 'amber+strict') as Tlp,
    acknowledgeBy: '',
    escalateTo: '',
  });
  const [gapsMeant, setGapsMeant] = useState(false);
  const set =
    <Name extends keyof typeof letter>(name: Name) =>
    (value: (typeof letter)[Name]) =>
      setLetter((before) => ({ ...before, [name]: value }));
  const gaps = gapsIn(`${letter.subject} ${letter.text}`);
  const sends = letter.channel === 'mail' || letter.channel === 'webhook';
  const ready =
    [letter.audience, letter.subject, letter.text].every((each) => each.trim() !== '') &&
    (!sends || linesOf(letter.to).length > 0) &&
    (gaps.length === 0 || gapsMeant);
  const audiences = [...new Set([letter.audience, ...templates.map(({ audience }) => audience)])].filter((each) => each !== '');
  const run = () => record({ kind: 'message.recorded', body: bodyOf(letter, sends) });
  const name = templates.find((each) => each.id === start.template)?.name;
  return (
    <FormDialog title={name ?? 'A message'} act={sends ? 'Send' : 'Record it as said'} wide ready={ready} close={close} run={run}>
      <div className="talk-form">
        <Choice
          label="Audience"
          value={letter.audience}
          onChange={set('audience')}
          options={audiences.map((each) => [each, words(each)] as const)}
        />
        <Choice label="Channel" value={letter.channel} onChange={set('channel')} options={CHANNELS} />
        <Choice label="Marking" value={letter.tlp} onChange={set('tlp')} options={TLPS} />
      </div>
      <Receivers audience={letter.audience} channel={letter.channel} to={letter.to} onChange={set('to')} />
      <TextBox label="Subject" value={letter.subject} onChange={set('subject')} maxLength={300} required />
      <TextBox label="Text (Markdown)" value={letter.text} onChange={set('text')} lines={14} required />
      {gaps.length > 0 && <Gaps gaps={gaps} meant={gapsMeant} mean={setGapsMeant} />}
      <details>
        <summary>How it will look</summary>
        <Markdown text={letter.text} />
      </details>
      <div className="talk-form">
        <TimeBox
          label="Acknowledge by"
          value={letter.acknowledgeBy}
          onChange={set('acknowledgeBy')}
          help="If somebody has to say that they got it."
        />
        {sends && letter.acknowledgeBy !== '' && (
          <TextBox
            label="If nobody does, send it to"
            value={letter.escalateTo}
            onChange={set('escalateTo')}
            lines={2}
            help="One address per line, by the same channel."
          />
        )}
      </div>
    </FormDialog>
  );
}

function Gaps({ gaps, meant, mean }: { gaps: readonly string[]; meant: boolean; mean: (meant: boolean) => void }) {
  return (
    <div className="notice warn">
      <span className="grow">Still to be written: {gaps.join(', ')}</span>
      <Check label="Leave these as they are" checked={meant} onChange={mean} />
    </div>
  );
}

/** Names in double braces: what nobody recorded and a person has to write. */
function gapsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{\s*([^{}]+?)\s*\}\}/g)].map(([, name]) => name ?? ''))];
}

interface LetterText {
  audience: string;
  channel: Api['Channel'];
  to: string;
  subject: string;
  text: string;
  tlp: Tlp;
  acknowledgeBy: string;
  escalateTo: string;
}

function bodyOf(letter: LetterText, sends: boolean) {
  const { audience, channel, tlp } = letter;
  const escalate = sends && letter.acknowledgeBy !== '' ? linesOf(letter.escalateTo) : [];
  return {
    audience,
    channel,
    tlp,
    to: linesOf(letter.to),
    subject: letter.subject.trim(),
    text: letter.text.trim(),
    acknowledge_by: letter.acknowledgeBy || null,
    escalate_to: escalate,
  };
}
