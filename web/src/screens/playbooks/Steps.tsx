// The workflow as a table: the same steps and links as the drawing, in the order of reading.

import { words } from '../../ui/text';
import type { ViewProps } from './Canvas';
import { kindName, type Step } from './cacao';
import { needs, ofAction } from './say';

export function Steps({ playbook, drawing, configured, selected, select }: ViewProps) {
  const steps = drawing.places.flatMap(({ id, depth }) => {
    const step = playbook.steps.get(id);
    return step ? [{ step, depth }] : [];
  });
  const places = new Map(steps.map(({ step }, index) => [step.id, index + 1]));
  return (
    <section className="card" aria-labelledby="steps-title">
      <header>
        <h2 id="steps-title">Steps</h2>
      </header>
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Table of steps">
        <table className="steps">
          <thead>
            <tr>
              <th scope="col">Place</th>
              <th scope="col">Step</th>
              <th scope="col">Kind</th>
              <th scope="col">Phase</th>
              <th scope="col">Done by</th>
              <th scope="col">Needs before</th>
              <th scope="col">Goes on with</th>
            </tr>
          </thead>
          <tbody>
            {steps.map(({ step, depth }, index) => (
              <tr key={step.id} aria-current={step.id === selected ? 'true' : undefined} className={step.id === selected ? 'current' : undefined}>
                <td>{index + 1}</td>
                <th scope="row" style={{ paddingInlineStart: `${depth * 1.25 + 0.5}rem` }}>
                  <button type="button" className="link" data-step={step.id} aria-pressed={step.id === selected} onClick={() => select(step.id)}>
                    {step.name}
                  </button>
                  {step.id === playbook.exception && <span className="soft small"> (if a step fails)</span>}
                </th>
                <td>{kindName(step.kind)}</td>
                <td>{step.extension.phase && words(step.extension.phase)}</td>
                <td>{step.kind === 'action' && ofAction(step, configured)}</td>
                <td>{needs(step.extension).join('; ')}</td>
                <td>
                  <Onward step={step} depth={depth} places={places} steps={playbook.steps} select={select} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface OnwardProps {
  step: Step;
  depth: number;
  places: ReadonlyMap<string, number>;
  steps: ReadonlyMap<string, Step>;
  select: (id: string) => void;
}

function Onward({ step, depth, places, steps, select }: OnwardProps) {
  if (step.links.length === 0) return <span className="soft">{depth > 0 ? 'what follows the branch' : 'nothing: the run ends'}</span>;
  return (
    <ul>
      {step.links.map((link, index) => (
        <li key={index} className="onward">
          {link.label && <span className="soft small">{link.label}</span>}
          <button type="button" className="link" onClick={() => select(link.to)}>
            {places.get(link.to)} {steps.get(link.to)?.name ?? link.to}
          </button>
        </li>
      ))}
    </ul>
  );
}
