// What was said to whom, whether it arrived, and who said that they got it.

import { useState } from 'react';

import type { Api } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { Markdown } from '../../../ui/Markdown';
import { useMay } from '../may';
import { useRecord } from '../../../ui/record';
import { useSlice } from '../../../ui/Slice';
import { Empty } from '../../../ui/State';
import { words } from '../../../ui/text';
import { Left, Moment } from '../../../ui/When';
import { Who } from '../../../ui/Who';

type Message = Api['Message'];

export function Messages({ id, messages }: { id: string; messages: readonly Message[] }) {
  const [asked, setAsked] = useState<Message>();
  const { shown, more } = useSlice([...messages].reverse());
  return (
    <section className="card" aria-labelledby="messages">
      <header>
        <h2 id="messages">Messages</h2>
      </header>
      {messages.length === 0 ? (
        <Empty title="Nobody was told anything yet">
          <p>Draft a message to an audience of the plan. What was said by phone or in a meeting is recorded in the same way.</p>
        </Empty>
      ) : (
        <ol className="body stack messages">
          {shown.map((message) => (
            <Item key={message.id} message={message} acknowledge={() => setAsked(message)} />
          ))}
        </ol>
      )}
      {more && <div className="body">{more}</div>}
      {asked && <Acknowledge id={id} message={asked} close={() => setAsked(undefined)} />}
    </section>
  );
}

function Item({ message, acknowledge }: { message: Message; acknowledge: () => void }) {
  const may = useMay();
  return (
    <li className="stack tight">
      <div className="row">
        <h3 className="grow wrap">{message.subject}</h3>
        <Delivered delivery={message.delivery} />
        {may.write && (
          <Button aria-label={`Acknowledged… ${message.subject}`} onPress={acknowledge}>
            Acknowledged…
          </Button>
        )}
      </div>
      <p className="small soft wrap">
        #{message.id}, <Moment at={message.stamp.at} /> by <Who id={message.stamp.actor} />, to{' '}
        {words(message.audience).toLowerCase()} by {message.channel}
        {message.to.length > 0 && `: ${message.to.join('; ')}`}. TLP:{message.tlp.toUpperCase()}
      </p>
      <Acknowledgements message={message} />
      <details>
        <summary>Text</summary>
        <div className="message-text">
          <Markdown text={message.text} level={4} />
        </div>
      </details>
    </li>
  );
}

function Delivered({ delivery }: { delivery: Message['delivery'] }) {
  if (delivery === 'said') return <Badge tone="good">Said</Badge>;
  if (delivery === 'waiting') return <Badge tone="warn">On its way</Badge>;
  if ('delivered' in delivery) return <Badge tone="good">Delivered</Badge>;
  return <Badge tone="bad">Failed: tell them in another way</Badge>;
}

function Acknowledgements({ message }: { message: Message }) {
  const { acknowledged, acknowledge_by, escalated, escalate_to } = message;
  return (
    <>
      {acknowledged.map(({ by, stamp }) => (
        <p key={stamp.entry} className="small">
          <Badge tone="good">Acknowledged</Badge> by {by}, <Moment at={stamp.at} />
        </p>
      ))}
      {acknowledge_by && acknowledged.length === 0 && (
        <p className="small">
          <Badge tone="warn">To be acknowledged</Badge> by <Moment at={acknowledge_by} />, <Left until={acknowledge_by} />
          {escalate_to.length > 0 && `; then it goes to ${escalate_to.join('; ')}`}
        </p>
      )}
      {escalated && (
        <p className="small">
          <Badge tone="bad">Escalated</Badge> to {escalate_to.join('; ')}, <Moment at={escalated.at} />
        </p>
      )}
    </>
  );
}

function Acknowledge({ id, message, close }: { id: string; message: Message; close: () => void }) {
  const record = useRecord(id, ({ messages }) => messages.find((each) => each.id === message.id)?.acknowledged);
  const [by, setBy] = useState('');
  return (
    <FormDialog
      title={`Acknowledged: ${message.subject}`}
      act="Record it"
      ready={by.trim() !== ''}
      close={close}
      run={() => record({ kind: 'message.acknowledged', body: { message: message.id, by: by.trim() } })}
    >
      <TextBox label="Who said that they got it" value={by} onChange={setBy} maxLength={300} required />
    </FormDialog>
  );
}
