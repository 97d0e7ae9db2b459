// Writing a new note, with how it will look beside it. What was typed is kept until it is saved or thrown away on purpose.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Ask';
import { TextBox } from '../../../ui/Field';
import { Trouble } from '../../../ui/State';
import { tell } from '../../../ui/Toast';
import { Length, Preview, TEXT_MAX, saves } from './Writing';
import { dropDraft, keepDraft, readDraft, writeNote } from './drafts';

export function Editor({ incident, close }: { incident: string; close: () => void }) {
  const queries = useQueryClient();
  const [text, setText] = useState(() => readDraft(incident, undefined)?.text ?? '');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [leaving, setLeaving] = useState(false);
  const write = (typed: string) => {
    keepDraft(incident, undefined, { text: typed });
    setText(typed);
  };
  const end = () => {
    dropDraft(incident, undefined);
    close();
  };
  const save = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await writeNote(incident, text);
      await queries.invalidateQueries({ queryKey: ['incident', incident] });
      tell('The note was saved.');
      end();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  // Stays ready while it is being saved: a disabled button would lose the focus.
  const isReady = text.trim() !== '' && text.length <= TEXT_MAX;
  return (
    <form className="body stack" {...saves(() => void (isReady && !busy && save()))}>
      <div className="note-pair">
        <TextBox label="Text, in Markdown" value={text} onChange={write} lines={14} autoFocus />
        <Preview text={text} />
      </div>
      {error !== undefined && <Trouble error={error} />}
      <Length text={text} />
      <div className="row">
        <Button type="submit" look="primary" isDisabled={!isReady}>
          Save
        </Button>
        <Button onPress={() => (text.trim() === '' ? end() : setLeaving(true))}>Cancel</Button>
        <span className="small soft">Ctrl and Enter saves. What you type is kept in this tab until then.</span>
      </div>
      <Ask title="Throw away what you wrote?" open={leaving} close={() => setLeaving(false)} act="Throw it away" danger run={async () => end()}>
        <p>It is not saved anywhere else.</p>
      </Ask>
    </form>
  );
}
