// Tasks: what is to be done, by whom, by when.

import { useState } from 'react';

import type { Api } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Ask';
import { Check, Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { Menu } from '../../../ui/Menu';
import { Empty } from '../../../ui/State';
import { words } from '../../../ui/text';
import { TimeBox } from '../../../ui/TimeBox';
import { Left } from '../../../ui/When';
import { useMay } from '../may';
import { useNames } from '../../../ui/Who';
import { useRecordNow, usePeople } from '../record';
import { useSending } from '../sending';

type Asked = { kind: 'task.done' | 'task.dropped' | 'task.reopened'; task: Api['Task'] };

export function Tasks({ tasks }: { tasks: Api['Tasks'] }) {
  const [all, setAll] = useState(false);
  const [adding, setAdding] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const mayWrite = useMay().write;
  const record = useRecordNow();
  const shown = all ? tasks : tasks.filter((task) => !task.end);
  const end = (text: string) => {
    if (!asked) return Promise.resolve();
    const task = asked.task.id;
    if (asked.kind === 'task.done') return record({ kind: asked.kind, body: { task, result: text } });
    return record({ kind: asked.kind, body: { task, reason: text } });
  };
  return (
    <section className="card" aria-labelledby="tasks">
      <header>
        <h2 id="tasks">Tasks</h2>
        {tasks.length > 0 && <Check label={`All ${tasks.length}`} checked={all} onChange={setAll} />}
        {mayWrite && (
          <Button icon="plus" onPress={() => setAdding(true)}>
            Set a task
          </Button>
        )}
      </header>
      {shown.length === 0 ? (
        <Empty title={tasks.length === 0 ? 'No task was set' : 'Every task has ended'}>
          <p>Open an activity on the left and set its tasks, or set one of your own.</p>
        </Empty>
      ) : (
        <ul className="incident-list">
          {shown.map((task) => (
            <li key={task.id} className="incident-line">
              <Task task={task} ask={mayWrite ? (kind) => setAsked({ kind, task }) : undefined} />
            </li>
          ))}
        </ul>
      )}
      {adding && <NewTask close={() => setAdding(false)} />}
      <Ask
        title={asked?.task.title ?? ''}
        open={asked !== undefined}
        close={() => setAsked(undefined)}
        act={asked?.kind === 'task.done' ? 'It is done' : asked?.kind === 'task.dropped' ? 'Drop it' : 'Reopen it'}
        reason={asked?.kind === 'task.done' ? 'What came of it' : 'Why'}
        run={end}
      />
    </section>
  );
}

function Task({ task, ask }: { task: Api['Task']; ask?: (kind: Asked['kind']) => void }) {
  const name = useNames();
  const people = usePeople();
  const record = useRecordNow();
  const send = useSending();
  const assign = (to: string | null) => send(() => record({ kind: 'task.assigned', body: { task: task.id, to } }));
  const whose = task.assignee ? name(task.assignee) : task.role ? `any ${words(task.role).toLowerCase()}` : 'nobody’s yet';
  return (
    <>
      <span className="grow">
        {task.title}
        <span className="row small soft">
          <span>{whose}</span>
          {!task.end && task.due_at && (
            <span>
              <Left until={task.due_at} />
            </span>
          )}
          {task.end && <span className="wrap">{task.end.text}</span>}
        </span>
      </span>
      {task.end && <Badge tone={task.end.done ? 'good' : 'plain'}>{task.end.done ? 'Done' : 'Dropped'}</Badge>}
      {ask && !task.end && (
        <>
          <Button icon="check" onPress={() => ask('task.done')}>
            Done
          </Button>
          <Menu
            label={`More about the task ${task.title}`}
            entries={[
              ...people
                .filter((person) => person.id !== task.assignee)
                .map((person) => ({ id: person.id, text: `Give it to ${person.display_name}`, run: () => assign(person.id) })),
              ...(task.assignee ? [{ id: 'nobody', text: 'Let it go', run: () => assign(null) }] : []),
              { id: 'drop', text: 'Drop it…', run: () => ask('task.dropped') },
            ]}
          />
        </>
      )}
      {ask && task.end && <Button onPress={() => ask('task.reopened')}>Reopen</Button>}
    </>
  );
}

function NewTask({ close }: { close: () => void }) {
  const record = useRecordNow();
  const people = usePeople();
  const [title, setTitle] = useState('');
  const [assignee, setAssignee] = useState('');
  const [due, setDue] = useState('');
  const add = () => record({ kind: 'task.set', body: { title: title.trim(), assignee: assignee || null, due_at: due || null } });
  return (
    <FormDialog title="Set a task" close={close} act="Set it" ready={title.trim() !== ''} run={add}>
      <TextBox label="What to do" value={title} onChange={setTitle} autoFocus required maxLength={200} />
      <Choice
        label="Whose"
        value={assignee}
        onChange={setAssignee}
        options={[['', 'Nobody’s yet'], ...people.map((each) => [each.id, each.display_name] as const)]}
      />
      <TimeBox label="By when" value={due} onChange={setDue} />
    </FormDialog>
  );
}
