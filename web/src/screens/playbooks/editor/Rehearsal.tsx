// Plays the text through: every action answers as if it had been done, people answer what is typed here. Nothing outside is touched,
// and nothing of it says whether a target would do its part.

import { useState, type FormEvent } from 'react';

import { api, type Api, read } from '../../../api/client';
import { Button } from '../../../ui/Button';
import { Check, TextBox } from '../../../ui/Field';
import { Empty, Trouble } from '../../../ui/State';
import { count } from '../../../ui/text';
import type { Playbook } from '../cacao';
import type { Drawn } from './examine';

/** Steps by whether a test run came to them; those that no run counts are in neither. */
export interface Reached {
  yes: ReadonlySet<string>;
  no: ReadonlySet<string>;
}

interface RehearsalProps {
  text: string;
  drawn: Drawn | undefined;
  played: (result: { text: string; reached: Reached }) => void;
  select: (id: string) => void;
}

interface Result {
  text: string;
  played: Api['Rehearsed'];
}

export function Rehearsal({ text, drawn, played, select }: RehearsalProps) {
  const [answers, setAnswers] = useState<Readonly<Record<string, string>>>({});
  const [failing, setFailing] = useState<ReadonlySet<string>>(new Set());
  const [result, setResult] = useState<Result>();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const steps = drawn ? worksOf(drawn.playbook) : [];
  const run = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || !drawn) return;
    setBusy(true);
    setError(undefined);
    try {
      const body = { text, answers: answersOf(answers), failing: [...failing].filter((name) => steps.includes(name)) };
      const found = await read(api.POST('/api/v1/playbooks/rehearsal', { body }));
      setResult({ text, played: found });
      played({ text, reached: reachedIn(drawn.playbook, found) });
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="card" aria-labelledby="rehearsal">
      <header>
        <h2 id="rehearsal">Test run</h2>
      </header>
      <form className="body stack" onSubmit={(event) => void run(event)}>
        <p className="soft">Nothing is changed anywhere. Actions answer as if they had been done; people answer what you say here.</p>
        {drawn && <Asked playbook={drawn.playbook} answers={answers} change={setAnswers} />}
        {steps.length > 0 && <Failing steps={steps} failing={failing} change={setFailing} />}
        <div className="row">
          <Button type="submit" look="primary" icon="play" isDisabled={!drawn}>
            Test it
          </Button>
          <span className="strong" role="status">
            {isBusy ? 'Playing…' : result && ended(result.played)}
          </span>
        </div>
        {error !== undefined && <Trouble error={error} />}
      </form>
      {result && drawn && <How result={result} isOld={result.text !== text} playbook={drawn.playbook} select={select} />}
    </section>
  );
}

interface AskedProps {
  playbook: Playbook;
  answers: Readonly<Record<string, string>>;
  change: (answers: Readonly<Record<string, string>>) => void;
}

function Asked({ playbook, answers, change }: AskedProps) {
  const given = new Set([...playbook.steps.values()].flatMap(({ gives }) => gives));
  const asked = playbook.variables.filter(({ name, external }) => external || given.has(name));
  if (asked.length === 0) return null;
  return (
    <fieldset className="stack tight">
      <legend className="strong">Answers</legend>
      <p className="soft small">Left empty, something that fits is assumed. Several, divided by semicolons, are given one after the other.</p>
      <div className="answers">
        {asked.map(({ name, type, description, value }) => (
          <TextBox
            key={name}
            label={`${name} (${type})`}
            help={description}
            value={answers[name] ?? ''}
            onChange={(typed) => change({ ...answers, [name]: typed })}
            placeholder={value}
          />
        ))}
      </div>
    </fieldset>
  );
}

interface FailingProps {
  steps: readonly string[];
  failing: ReadonlySet<string>;
  change: (failing: ReadonlySet<string>) => void;
}

function Failing({ steps, failing, change }: FailingProps) {
  const put = (name: string, on: boolean) => change(new Set(on ? [...failing, name] : [...failing].filter((each) => each !== name)));
  return (
    <details>
      <summary>Steps that fail{failing.size > 0 && ` (${failing.size})`}</summary>
      <fieldset className="failing">
        <legend className="hidden">Steps that fail</legend>
        {steps.map((name) => (
          <Check key={name} label={name} checked={failing.has(name)} onChange={(on) => put(name, on)} />
        ))}
      </fieldset>
    </details>
  );
}

interface HowProps {
  result: Result;
  isOld: boolean;
  playbook: Playbook;
  select: (id: string) => void;
}

function How({ result: { played }, isOld, playbook, select }: HowProps) {
  const ids = new Map([...playbook.steps.values()].map(({ id, name }) => [name, id]));
  const step = (name: string) => {
    const id = ids.get(name);
    if (!id) return name;
    return (
      <button type="button" className="link" onClick={() => select(id)}>
        {name}
      </button>
    );
  };
  return (
    <div className="body stack">
      {isOld && <p className="notice">The text changed since this run. Test it again.</p>}
      {played.happened.length === 0 && <Empty title="Nothing happened" />}
      {played.happened.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="group" aria-label="What happened">
          <table>
            <thead>
              <tr>
                <th scope="col">After</th>
                <th scope="col">Step</th>
                <th scope="col">What</th>
              </tr>
            </thead>
            <tbody>
              {played.happened.map(({ after_minutes, step: name, what }, index) => (
                <tr key={index}>
                  <td className="when">{after(after_minutes)}</td>
                  <td className="wrap">{step(name)}</td>
                  <td className="wrap">{what}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {played.not_reached.length > 0 && (
        <div className="stack tight">
          <h3>Not reached</h3>
          <ul className="bullets">
            {played.not_reached.map((name, index) => (
              <li key={index} className="wrap">
                {step(name)}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function ended({ ended: end, happened, not_reached }: Api['Rehearsed']): string {
  const left = not_reached.length > 0 ? `, ${count(not_reached.length, 'step')} not reached` : '';
  if (!end) return `It does not come to an end after ${count(happened.length, 'event')}${left}.`;
  const how = { completed: 'It comes to its end', handled: 'A step failed, and what is there for that was done', failed: 'It failed', cancelled: 'It was cancelled' };
  return `${how[end.how]}${left}.`;
}

/** `1 d 2 h`, `40 min`. */
function after(minutes: number): string {
  const parts = [
    [Math.floor(minutes / 1_440), 'd'],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'min'],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, unit]) => `${number} ${unit}`);
  return said.length === 0 ? '0 min' : said.join(' ');
}

/** Each name once: by it a step is made to fail. */
function worksOf({ steps }: Playbook): string[] {
  return [...new Set([...steps.values()].filter(({ kind }) => kind === 'action' || kind === 'playbook-action').map(({ name }) => name))];
}

function reachedIn({ steps }: Playbook, { not_reached }: Api['Rehearsed']): Reached {
  const counted = [...steps.values()].filter(({ kind }) => kind !== 'start' && kind !== 'end');
  const missed = new Set(not_reached);
  // A step without a name goes by its id there.
  const isMissed = (id: string, name: string) => missed.has(name) || missed.has(id);
  return {
    yes: new Set(counted.filter(({ id, name }) => !isMissed(id, name)).map(({ id }) => id)),
    no: new Set(counted.filter(({ id, name }) => isMissed(id, name)).map(({ id }) => id)),
  };
}

function answersOf(typed: Readonly<Record<string, string>>): Record<string, string[]> {
  const given = Object.entries(typed).filter(([, text]) => text.trim() !== '');
  return Object.fromEntries(given.map(([name, text]) => [name, text.split(';').map((each) => each.trim())]));
}
