// An incident that people noticed and Quell did not: a call, a letter, a find. It can be an exercise.

import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api, read } from '../../api/client';
import { Button } from '../../ui/Button';
import { Check, Choice, TextBox } from '../../ui/Field';
import { FormDialog } from '../../ui/FormDialog';
import { LEVELS } from '../../ui/levels';
import { words } from '../../ui/text';
import { tell } from '../../ui/Toast';

const TITLE_MAX = 300;
const REASON_MAX = 20_000;

export function Report() {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Button icon="plus" onPress={() => setAsked(true)}>
        Report an incident
      </Button>
      {asked && <Form close={() => setAsked(false)} />}
    </>
  );
}

function Form({ close }: { close: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [title, setTitle] = useState('');
  const [severity, setSeverity] = useState<Api['LevelName']>('medium');
  const [reason, setReason] = useState('');
  const [exercise, setExercise] = useState(false);
  const run = async () => {
    const body = { title: title.trim(), severity, reason: reason.trim(), exercise };
    const { incident } = await read(api.POST('/api/v1/incidents', { body }));
    tell(`Opened ${incident.id}`);
    void queries.invalidateQueries({ queryKey: ['incidents'] });
    void navigate({ to: '/incidents/$id', params: { id: incident.id } });
  };
  return (
    <FormDialog title="Report an incident" close={close} act="Open the incident" ready={title.trim() !== '' && reason.trim() !== ''} run={run}>
      <TextBox label="Title" help="One line that says what happened and where." value={title} onChange={setTitle} maxLength={TITLE_MAX} autoFocus required />
      <Choice label="Severity" value={severity} onChange={setSeverity} options={LEVELS.map((level) => [level, words(level)] as const)} />
      <TextBox label="Why it is an incident" value={reason} onChange={setReason} lines={3} maxLength={REASON_MAX} required />
      <Check label="It is an exercise: figures count it apart" checked={exercise} onChange={setExercise} />
    </FormDialog>
  );
}
