// The guide to a framework as a conversation: one question at a time, and advice beside it that follows the answers.
//
// It advises and sets nothing: a framework is put in force in the configuration, by those who run the server.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';

import { api, type Api, read } from '../../api/client';
import { frameworksQuery, handbookQuery } from '../../api/queries';
import { Button } from '../../ui/Button';
import { copy } from '../../ui/copy';
import { Choice } from '../../ui/Field';
import { Found } from '../../ui/State';
import { Advice } from './Advice';
import { useSaid, type Said } from './said';
import './improve.css';

/** The factor as the guide has it; the API's description calls two things by this name. */
type Factor = Api['Guide']['factors'][number];

interface Talk {
  guide: Api['Guide'];
  said: Said;
  change: (part: Partial<Said>) => void;
}

export default function GuideScreen() {
  const query = useQuery({
    queryKey: ['guide'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/guide', { signal })),
    staleTime: Infinity,
  });
  return (
    <div className="page">
      <title>Which framework · Quell</title>
      <nav aria-label="Where this is">
        <Link to="/improve">Improve</Link>
      </nav>
      <header>
        <h1>Which framework fits us?</h1>
      </header>
      <p>
        A framework arranges the work on incidents in phases; it never changes the work. Answer what you can: what is left out speaks for
        none of them.
      </p>
      <Found query={query}>{(guide) => <Conversation guide={guide} />}</Found>
    </div>
  );
}

function Conversation({ guide }: { guide: Api['Guide'] }) {
  const [said, change] = useSaid();
  const body = { answers: said.answers, required: said.required || null };
  const advice = useQuery({
    queryKey: ['guide', 'advice', body],
    queryFn: ({ signal }) => read(api.POST('/api/v1/guide/advice', { body, signal })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
  const talk = { guide, said, change };
  return (
    <div className="guide">
      <div className="stack">
        <Asked {...talk} />
        <Answered {...talk} />
      </div>
      <div className="stack">
        <Found query={advice} what="Weighing the answers">
          {(data) => <Advice guide={guide} advice={data} said={said} />}
        </Found>
        {advice.data && (said.required || Object.keys(said.answers).length > 0) && <InForce guide={guide} best={bestOf(advice.data)} />}
      </div>
    </div>
  );
}

function bestOf({ required, ranking }: Api['AdviceView']): string {
  return (ranking.find(({ family }) => family === required) ?? ranking[0])?.framework ?? '';
}

/** The question that is open now, with what leads on and back. */
function Asked({ guide, said, change }: Talk) {
  const card = useRef<HTMLElement>(null);
  const shown = useRef(said.at);
  const all = guide.factors.length + 1;
  useEffect(() => {
    // Only when the question changes: on arrival the page keeps the focus.
    if (shown.current !== said.at) card.current?.focus();
    shown.current = said.at;
  }, [said.at]);
  const factor = guide.factors[said.at - 1];
  const over = said.at >= all;
  const given = said.at === 0 ? said.required !== undefined : factor !== undefined && said.answers[factor.id] !== undefined;
  return (
    <section className="card" aria-labelledby="asked" ref={card} tabIndex={-1}>
      <header>
        <h2 id="asked">{over ? 'That was all' : `Question ${said.at + 1} of ${all}`}</h2>
      </header>
      <form
        className="body stack"
        onSubmit={(event) => {
          event.preventDefault();
          change({ at: said.at + 1 });
        }}
      >
        <progress value={Math.min(said.at, all)} max={all} aria-label="Questions behind you" />
        {over && <p>The advice stands beside this. Change any answer below to see what it does.</p>}
        {said.at === 0 && <RequiredQuestion guide={guide} said={said} change={change} />}
        {factor && <FactorQuestion key={factor.id} factor={factor} guide={guide} said={said} change={change} />}
        <div className="row">
          {!over && (
            <Button type="submit" look="primary">
              {given ? 'Next' : 'Skip'}
            </Button>
          )}
          {said.at > 0 && <Button onPress={() => change({ at: said.at - 1 })}>Back</Button>}
          {over && <Button onPress={() => change({ at: 0, answers: {}, required: undefined })}>Start anew</Button>}
        </div>
      </form>
    </section>
  );
}

function RequiredQuestion({ guide, said, change }: Talk) {
  const families = guide.families.map(({ id, name }) => ({ id, text: name, explain: 'Then it is used; the answers still show how well it fits.' }));
  const options = [{ id: '', text: 'No, we can choose', explain: 'The questions that follow decide.' }, ...families];
  return (
    <fieldset className="question">
      <legend>Does a law, a contract or a certificate ask for one of these?</legend>
      {options.map(({ id, text, explain }) => (
        <label key={id} className="answer">
          <input
            type="radio"
            name="required"
            checked={said.required === id}
            onChange={() => change({ required: id })}
          />
          <span>{text}</span>
          <span className="soft small">{explain}</span>
        </label>
      ))}
    </fieldset>
  );
}

function FactorQuestion({ factor, guide, said, change }: Talk & { factor: Factor }) {
  const given = said.answers[factor.id];
  const take = (answer: string | undefined) => {
    const { [factor.id]: _former, ...others } = said.answers;
    change({ answers: answer === undefined ? others : { ...others, [factor.id]: answer } });
  };
  return (
    <>
      <fieldset className="question">
        <legend>{factor.question}</legend>
        {factor.answers.map((answer) => (
          <label key={answer.id} className="answer">
            <input type="radio" name={factor.id} checked={given === answer.id} onChange={() => take(answer.id)} />
            <span>{answer.text}</span>
            <span className="soft small">{answer.explain}</span>
          </label>
        ))}
      </fieldset>
      {given !== undefined && (
        <div>
          <Button look="quiet" onPress={() => take(undefined)}>
            Take this answer back
          </Button>
        </div>
      )}
      <WhyAsked factor={factor} guide={guide} />
    </>
  );
}

/** What each answer favours, in numbers. */
function WhyAsked({ factor, guide }: { factor: Factor; guide: Api['Guide'] }) {
  const whole = guide.factors.reduce((sum, { weight }) => sum + weight, 0);
  return (
    <details>
      <summary>Why does this matter?</summary>
      <div className="stack tight">
        <p>
          It decides {Math.round((factor.weight / whole) * 100)} of 100 points.{' '}
          {factor.origin === 'article' ? 'The question is from the article that the guide follows' : 'The question is Quell’s own'}; the
          numbers are a judgement, not a measurement. Of its points each answer gives a framework:
        </p>
        <div className="scroll-x" tabIndex={0} role="group" aria-label="What each answer favours">
          <table>
            <thead>
              <tr>
                <th scope="col">Answer</th>
                {guide.families.map(({ id, name }) => (
                  <th key={id} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {factor.answers.map((answer) => (
                <tr key={answer.id}>
                  <th scope="row">{answer.text}</th>
                  {guide.families.map(({ id }) => (
                    <td key={id}>{Math.round((answer.favours[id] ?? 0.5) * 100)} %</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </details>
  );
}

/** Everything that was said, each to be changed. */
function Answered({ guide, said, change }: Talk) {
  const required = guide.families.find(({ id }) => id === said.required)?.name;
  const rows = [
    { at: 0, question: 'Asked for by a law, a contract or a certificate', answer: said.required === undefined ? undefined : (required ?? 'None') },
    ...guide.factors.map((factor, index) => ({
      at: index + 1,
      question: factor.question,
      answer: factor.answers.find(({ id }) => id === said.answers[factor.id])?.text,
    })),
  ];
  return (
    <section className="card" aria-labelledby="answered">
      <header>
        <h2 id="answered">What you said</h2>
      </header>
      <ol className="body said">
        {rows.map(({ at, question, answer }) => (
          <li key={at} className="row spread" aria-current={at === said.at ? 'step' : undefined}>
            <span className="grow">
              <span className="soft small">{question}</span>
              <br />
              {answer ?? <span className="soft">Not answered</span>}
            </span>
            <Button look="quiet" aria-label={`${answer ? 'Change' : 'Answer'}: ${question}`} onPress={() => change({ at })}>
              {answer ? 'Change' : 'Answer'}
            </Button>
          </li>
        ))}
      </ol>
    </section>
  );
}

function InForce({ guide, best }: { guide: Api['Guide']; best: string }) {
  const handbook = useQuery(handbookQuery);
  const { data: frameworks } = useQuery(frameworksQuery);
  const [chosen, setChosen] = useState<string>();
  const framework = chosen ?? best;
  const name = frameworks?.find(({ id }) => id === framework)?.name ?? framework;
  const text = `[process]\nframework = "${framework}"\n`;
  return (
    <section className="card" aria-labelledby="in-force">
      <header>
        <h2 id="in-force">Put it in force</h2>
        <Button icon="copy" onPress={() => void copy(text)}>
          Copy
        </Button>
      </header>
      <div className="body stack tight">
        <Choice
          label="Framework"
          value={framework}
          onChange={(value) => setChosen(value === best ? undefined : value)}
          options={guide.families.map((family) => [family.framework, family.framework === best ? `${family.name} (advised)` : family.name])}
        />
        {handbook.data?.framework === framework ? (
          <p className="notice good">{name} is in force already.</p>
        ) : (
          <p>{name} is in force when this stands in the configuration and the server was started again:</p>
        )}
        <pre>{text}</pre>
        <p className="soft small">
          “quell config check” says whether the file is right. Incidents keep all their work: only the phases that it stands in change. One
          incident can be looked at under another framework in its tab Work.
        </p>
      </div>
    </section>
  );
}
