// Writing a playbook: the text, what is wrong with it, its drawing, and a test run. The server keeps no drafts; this browser does,
// until the finished text is downloaded and put where the server reads playbooks from.

import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';

import { Found } from '../../../ui/State';
import { playbookQuery } from '../queries';
import { readDraft } from './drafts';
import { textOf } from './examine';
import { templateAt } from './template';
import { Workbench } from './Workbench';
import '../playbooks.css';
import './editor.css';

export default function Editor() {
  const { name } = useParams({ strict: false });
  return (
    <div className="page">
      <title>{`${name ? `Own version of ${name}` : 'New playbook'} · Quell`}</title>
      <nav aria-label="Where this is">
        <Link to="/playbooks">All playbooks</Link>
        {name && (
          <>
            {' / '}
            <Link to="/playbooks/$name" params={{ name }}>
              {name}
            </Link>
          </>
        )}
      </nav>
      <header>
        <h1 className="grow wrap">{name ? `Own version of ${name}` : 'New playbook'}</h1>
      </header>
      {name ? <OfExisting key={name} name={name} /> : <OfNew />}
    </div>
  );
}

function OfNew() {
  const [template] = useState(() => templateAt(new Date()));
  return <Workbench name={undefined} origin={template} draft={readDraft(undefined)} />;
}

function OfExisting({ name }: { name: string }) {
  const playbook = useQuery(playbookQuery(name));
  const document = playbook.data?.document;
  const text = useQuery({
    queryKey: ['playbooks', name, 'text'],
    queryFn: ({ signal }) => textOf(document, signal),
    enabled: document !== undefined,
    staleTime: Infinity,
  });
  if (!playbook.data) return <Found query={playbook}>{() => null}</Found>;
  return <Found query={text}>{(origin) => <Workbench name={name} origin={origin} draft={readDraft(name)} />}</Found>;
}
