// Entities that were judged against the steps that each takes: what is dirty, what is clean, and what nobody verified.

import { useState } from 'react';

import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { useMay } from '../may';
import { Menu, type MenuEntry } from '../../../ui/Menu';
import { useSlice } from '../../../ui/Slice';
import { Empty } from '../../../ui/State';
import { words } from '../../../ui/text';
import { Value } from '../../../ui/Value';
import { Moment } from '../../../ui/When';
import { Who } from '../../../ui/Who';
import { JudgeForm } from './Judge';
import { keyOf, stateOf, stepLook, STEPS, type EntityWork, type Step } from './scope';
import { RetireForm, StepForm, type Evidence } from './StepForm';

type Asked = { what: 'step'; step: Step; work: EntityWork } | { what: 'affected' | 'ruled_out' | 'retire'; work: EntityWork };

interface MatrixProps {
  id: string;
  entities: readonly EntityWork[];
  evidence: readonly Evidence[];
  seen: (name: string) => void;
}

export function Matrix({ id, entities, evidence, seen }: MatrixProps) {
  const judged = entities.filter((each) => each.judged).sort((a, b) => stateOf(a).rank - stateOf(b).rank);
  const [asked, setAsked] = useState<Asked>();
  const { shown, more } = useSlice(judged);
  const close = () => setAsked(undefined);
  return (
    <section className="card" aria-labelledby="matrix">
      <header>
        <h2 id="matrix">Judged entities</h2>
        <Summary judged={judged} />
      </header>
      {judged.length === 0 ? (
        <Empty title="Nothing was judged yet">
          <p>Say above what is affected. Each affected entity is then contained, cleaned and restored here, and each step verified.</p>
        </Empty>
      ) : (
        <div className="entities-scroll">
          <table className="entities">
            <thead>
              <tr>
                <th scope="col">Entity</th>
                <th scope="col">State</th>
                {STEPS.map(([step, text]) => (
                  <th key={step} scope="col">
                    {text}
                  </th>
                ))}
                <th scope="col">More</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((work) => (
                <Row key={keyOf(work.entity)} work={work} ask={setAsked} seen={seen} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {more && <div className="body">{more}</div>}
      {asked?.what === 'step' && <StepForm id={id} work={asked.work} step={asked.step} evidence={evidence} close={close} />}
      {asked?.what === 'retire' && <RetireForm id={id} work={asked.work} close={close} />}
      {(asked?.what === 'affected' || asked?.what === 'ruled_out') && (
        <JudgeForm id={id} judging={{ all: [{ entity: asked.work.entity, from: '', scoped: true }], verdict: asked.what }} close={close} />
      )}
    </section>
  );
}

function Summary({ judged }: { judged: readonly EntityWork[] }) {
  const counts = new Map<string, { number: number; tone: ReturnType<typeof stateOf>['tone'] }>();
  for (const work of judged) {
    const { text, tone } = stateOf(work);
    counts.set(text, { number: (counts.get(text)?.number ?? 0) + 1, tone });
  }
  return (
    <>
      {[...counts].map(([text, { number, tone }]) => (
        <Badge key={text} tone={tone}>
          {number} {text.toLowerCase()}
        </Badge>
      ))}
    </>
  );
}

function Row({ work, ask, seen }: { work: EntityWork; ask: (asked: Asked) => void; seen: (name: string) => void }) {
  const may = useMay();
  const { entity, judged, retired } = work;
  const state = stateOf(work);
  const entries: MenuEntry[] = [{ id: 'seen', text: 'Where else it was seen', run: () => seen(entity.name) }];
  if (may.write && judged?.verdict === 'affected') {
    if (!retired) entries.push({ id: 'retire', text: 'Retire…', run: () => ask({ what: 'retire', work }) });
    if (work.steps.length === 0) entries.push({ id: 'out', text: 'Rule out…', run: () => ask({ what: 'ruled_out', work }) });
  }
  if (may.write && judged?.verdict === 'ruled_out') {
    entries.push({ id: 'in', text: 'It is affected…', run: () => ask({ what: 'affected', work }) });
  }
  return (
    <tr>
      <th scope="row">
        <span className="soft small">{words(entity.kind)}</span> <Value text={entity.name} />
        {judged && <Why work={work} />}
      </th>
      <td>
        <Badge tone={state.tone}>{state.text}</Badge>
      </td>
      {STEPS.map(([step, text]) => (
        <td key={step}>
          <Cell work={work} step={step} name={text} may={may.write} ask={ask} />
        </td>
      ))}
      <td>
        <Menu label={`More about ${entity.name}`} entries={entries} />
      </td>
    </tr>
  );
}

/** Why it was judged as it was, for those who open it. */
function Why({ work }: { work: EntityWork }) {
  const { judged, retired } = work;
  if (!judged) return null;
  return (
    <details className="entity-why small">
      <summary>Why {judged.verdict === 'affected' ? 'affected' : 'ruled out'}</summary>
      <p className="wrap">{judged.reason}</p>
      <p className="soft">
        <Moment at={judged.stamp.at} /> by <Who id={judged.stamp.actor} />, entry #{judged.stamp.entry}
      </p>
      {retired && (
        <p className="soft">
          Retired <Moment at={retired.at} /> by <Who id={retired.actor} />, entry #{retired.entry}
        </p>
      )}
    </details>
  );
}

interface CellProps {
  work: EntityWork;
  step: Step;
  name: string;
  may: boolean;
  ask: (asked: Asked) => void;
}

function Cell({ work, step, name, may, ask }: CellProps) {
  const look = stepLook(work, step);
  const badge = <Badge tone={look.tone}>{look.text}</Badge>;
  if (look.state === 'none') return badge;
  // Who may not write still reads how a step was done.
  if (look.state === 'open' && !may) return badge;
  return (
    <Button look="quiet" aria-label={`${look.text}. ${name}: ${work.entity.name}`} onPress={() => ask({ what: 'step', step, work })}>
      {badge}
    </Button>
  );
}
