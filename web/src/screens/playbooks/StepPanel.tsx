// Everything about one step: what to do, what it needs, what it changes, how it is taken back.

import type { ReactNode } from 'react';

import { Badge, type Tone } from '../../ui/Badge';
import { IconButton } from '../../ui/Button';
import { copy } from '../../ui/copy';
import { Icon } from '../../ui/Icon';
import { span, words } from '../../ui/text';
import type { ViewProps } from './Canvas';
import { kindName, type Playbook, type Step } from './cacao';
import { minutes, needs } from './say';

const IMPACT: Record<string, Tone> = { low: 'good', medium: 'warn', high: 'bad' };

export function StepPanel({ step, playbook, configured, select }: ViewProps & { step: Step }) {
  const { extension } = step;
  const close = () => {
    select(undefined);
    // Back to where the step was chosen, in whichever view.
    [...document.querySelectorAll<HTMLElement>('button[data-step]')].find(({ dataset }) => dataset.step === step.id)?.focus();
  };
  return (
    <section className="card step-panel" aria-labelledby="step-title" onKeyDownCapture={({ key }) => key === 'Escape' && close()}>
      <header>
        <h2 id="step-title" className="wrap">
          {step.name}
        </h2>
        <IconButton icon="close" label="Close the step" onPress={close} />
      </header>
      <div className="body stack">
        <div className="row">
          <Badge>{kindName(step.kind)}</Badge>
          {extension.phase && <Badge tone="accent">{words(extension.phase)}</Badge>}
          {extension.impact && <Badge tone={IMPACT[extension.impact]}>{words(extension.impact)} impact on the business</Badge>}
        </div>
        {step.kind === 'action' && <Doer step={step} configured={configured} />}
        {step.description && <p className="wrap">{step.description}</p>}
        <Commands step={step} />
        <Facts step={step} playbook={playbook} />
        <Variables title="Values it takes" names={step.takes} playbook={playbook} />
        <Variables title="Values it gives back" names={step.gives} playbook={playbook} />
        <Onward step={step} playbook={playbook} select={select} />
      </div>
    </section>
  );
}

function Doer({ step, configured }: Pick<ViewProps, 'configured'> & { step: Step }) {
  const { action } = step.extension;
  if (!action) return <p className="notice">People do this step, here and everywhere.</p>;
  const { here, spec } = configured(action);
  return here ? (
    <p className="notice good">
      Quell does this here, by <span className="mono">{action}</span>
      {spec && `: ${spec.title}`}
    </p>
  ) : (
    <p className="notice warn">
      People do this here: no target is configured for <span className="mono">{action}</span>
    </p>
  );
}

function Commands({ step }: { step: Step }) {
  if (step.commands.length === 0) return null;
  return (
    <div className="stack tight">
      <h3>What to do by hand</h3>
      {step.commands.map(({ type, activity, text }, index) => (
        <div key={index} className="stack tight">
          <pre className="command">{text}</pre>
          <div className="row">
            <span className="soft small">
              {words(type)}
              {activity && ` · ${activity}`}
            </span>
            <button type="button" className="button quiet" onClick={() => void copy(text)}>
              <Icon name="copy" />
              Copy
            </button>
          </div>
        </div>
      ))}
    </div>
  );
}

function Facts({ step, playbook }: { step: Step; playbook: Playbook }) {
  const { extension } = step;
  const facts: [string, ReactNode][] = [];
  if (step.condition) facts.push(['Condition', <code className="wrap">{step.condition}</code>]);
  if (step.agent) facts.push(['Agent', playbook.names.get(step.agent) ?? step.agent]);
  if (step.targets.length > 0) facts.push(['Targets', step.targets.map((id) => playbook.names.get(id) ?? id).join(', ')]);
  for (const [name, value] of Object.entries(extension.with)) facts.push([words(name), <code className="wrap">{value}</code>]);
  if (extension.entity) facts.push(['About', <code className="wrap">{extension.entity}</code>]);
  for (const need of needs(extension)) facts.push(['Needs before', need]);
  if (extension.approval) facts.push(['Waits for approval', `${minutes(extension.approval.expiresMinutes)}, then it fails`]);
  if (step.delayMs > 0) facts.push(['Begins after', span(step.delayMs / 1_000)]);
  if (extension.ttlMinutes !== undefined) facts.push(['Holds for', `${minutes(extension.ttlMinutes)}, then Quell takes it back`]);
  if (extension.action) facts.push(['Undo', undo(step)]);
  for (const [name, from] of Object.entries(extension.keeps)) facts.push(['Keeps', <code className="wrap">{`${name} from ${from}`}</code>]);
  if (facts.length === 0) return null;
  return (
    <dl className="facts">
      {facts.map(([name, value], index) => (
        <div key={index} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What contains can always be undone; of the rest the author's own words are all that is known before a run. */
function undo({ description, extension }: Step): string {
  if (/cannot be undone/i.test(description)) return 'Cannot be undone, as the step says above';
  if (extension.phase === 'contain') return 'Possible: how the target was before is kept, and brought back';
  return description ? 'As the step says above' : 'The run shows for each effect whether it can be taken back';
}

function Variables({ title, names, playbook }: { title: string; names: readonly string[]; playbook: Playbook }) {
  if (names.length === 0) return null;
  return (
    <div className="stack tight">
      <h3>{title}</h3>
      <dl className="facts">
        {names.map((name) => {
          const variable = playbook.variables.find((each) => each.name === name);
          return (
            <div key={name} style={{ display: 'contents' }}>
              <dt className="mono">{name}</dt>
              <dd>
                {variable?.description}
                {variable && <span className="soft"> ({variable.type})</span>}
              </dd>
            </div>
          );
        })}
      </dl>
    </div>
  );
}

function Onward({ step, playbook, select }: Pick<ViewProps, 'playbook' | 'select'> & { step: Step }) {
  if (step.links.length === 0) return null;
  return (
    <div className="stack tight">
      <h3>Goes on with</h3>
      <ul>
        {step.links.map(({ to, label }, index) => (
          <li key={index} className="row">
            {label && <span className="soft small">{label}</span>}
            <button type="button" className="link" onClick={() => select(to)}>
              {playbook.steps.get(to)?.name ?? to}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
