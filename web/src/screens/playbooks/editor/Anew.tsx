// Throws a draft away and begins with something else: the template, or a playbook that there is.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { playbooksQuery } from '../../../api/queries';
import { Button } from '../../../ui/Button';
import { Choice } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { playbookQuery } from '../queries';
import { textOf } from './examine';

interface AnewProps {
  name: string | undefined;
  /** The text that this one is made from. */
  origin: string;
  isChanged: boolean;
  begin: (text: string) => void;
}

export function Anew(props: AnewProps) {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Button onPress={() => setAsked(true)}>Start anew…</Button>
      {asked && <Form {...props} close={() => setAsked(false)} />}
    </>
  );
}

function Form({ name, origin, isChanged, begin, close }: AnewProps & { close: () => void }) {
  const queries = useQueryClient();
  const { data } = useQuery(playbooksQuery);
  const [from, setFrom] = useState('');
  const start = async () => {
    if (from === '') return begin(origin);
    const { document } = await queries.fetchQuery(playbookQuery(from));
    begin(await textOf(document));
  };
  const others = (data?.items ?? []).filter((each) => each.name !== name);
  return (
    <FormDialog title="Start anew" close={close} act="Start" danger={isChanged} run={start}>
      <Choice
        label="With"
        value={from}
        onChange={setFrom}
        options={[['', name ? `${name}, as it is on this server` : 'The template'], ...others.map((each) => [each.name, each.title] as const)]}
      />
      {isChanged && <p className="notice warn">What you have written here is thrown away. Download it before, if you want to keep it.</p>}
    </FormDialog>
  );
}
