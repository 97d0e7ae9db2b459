// What to collect next: over all entities in scope the most volatile first, then entity by entity with what can go wrong.

import { getRouteApi, Link } from '@tanstack/react-router';

import type { Api } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Empty } from '../../../ui/State';
import { count, words } from '../../../ui/text';
import { Value } from '../../../ui/Value';
import { pieceHash, volatilityRank } from './facts';
import type { SealStart } from './Seal';

type Entity = Api['EntityCollection'];
type Step = Api['CollectionStep'];

const NEXT_SHOWN = 5;
/** So few entities are shown with all their steps. */
const ENTITIES_OPEN = 1;

const route = getRouteApi('/shell/incidents/$id');

interface CollectProps {
  id: string;
  entities: readonly Entity[];
  seal?: (start: SealStart) => void;
}

export function Collect({ id, entities, seal }: CollectProps) {
  const { as_of } = route.useSearch();
  const next = entities
    .flatMap((entity) => entity.steps.filter((step) => step.sealed.length === 0).map((step) => ({ entity, step })))
    .sort((a, b) => volatilityRank(a.step.volatility) - volatilityRank(b.step.volatility));
  return (
    <section className="card" aria-labelledby="collect">
      <header>
        <h2 id="collect">Collect next</h2>
      </header>
      {entities.length === 0 ? (
        <Empty title="Nothing is in scope yet">
          <p>Say what is affected, and this list says what to collect of it.</p>
          <Link to="/incidents/$id/entities" params={{ id }} search={{ as_of }}>
            Go to the entities
          </Link>
        </Empty>
      ) : (
        <div className="body stack">
          {next.length === 0 && <p>Something of each kind was sealed for each entity in scope.</p>}
          <ol className="stack tight">
            {next.slice(0, NEXT_SHOWN).map(({ entity, step }) => (
              <li key={`${entity.entity.kind} ${entity.entity.name} ${step.what}`} className="collect-next">
                <StepState step={step} />
                <span className="grow">
                  {step.what} of <Value text={entity.entity.name} />
                </span>
                {seal && <SealButton entity={entity} step={step} seal={seal} />}
              </li>
            ))}
          </ol>
          {next.length > NEXT_SHOWN && <p className="soft small">and {count(next.length - NEXT_SHOWN, 'more step')}, by entity below</p>}
          {entities.map((entity) => (
            <OfEntity
              key={`${entity.entity.kind} ${entity.entity.name}`}
              entity={entity}
              seal={seal}
              open={entities.length <= ENTITIES_OPEN}
            />
          ))}
        </div>
      )}
    </section>
  );
}

function OfEntity({ entity, seal, open }: { entity: Entity; seal?: (start: SealStart) => void; open: boolean }) {
  const sealed = entity.steps.filter((step) => step.sealed.length > 0).length;
  const late = entity.steps.filter((step) => step.late).length;
  return (
    <details className="collect-entity" open={open}>
      <summary>
        <span className="strong wrap">
          {words(entity.entity.kind)} {entity.entity.name}
        </span>{' '}
        <span className="soft small">
          {sealed} of {entity.steps.length} sealed{late > 0 && `, ${late} late`}
        </span>
      </summary>
      <div className="stack">
        {entity.cautions.length > 0 && (
          <div className="notice warn">
            <ul className="bullets">
              {entity.cautions.map((caution) => (
                <li key={caution}>{caution}</li>
              ))}
            </ul>
          </div>
        )}
        <ol className="stack">
          {[...entity.steps]
            .sort((a, b) => volatilityRank(a.volatility) - volatilityRank(b.volatility))
            .map((step) => (
              <li key={step.what} className="stack tight">
                <div className="row">
                  <StepState step={step} />
                  <span className="soft small">{words(step.volatility)}</span>
                </div>
                <p className="strong">{step.what}</p>
                <p className="small soft">{step.how}</p>
                <div className="row small">
                  {step.sealed.length > 0 && <span>Sealed:</span>}
                  {step.sealed.map((piece) => (
                    <Link key={piece} from="/incidents/$id/evidence" to="." search={(search) => search} hash={pieceHash(piece)}>
                      #{piece}
                    </Link>
                  ))}
                  {seal && <SealButton entity={entity} step={step} seal={seal} />}
                </div>
              </li>
            ))}
        </ol>
      </div>
    </details>
  );
}

function StepState({ step }: { step: Step }) {
  if (step.sealed.length > 0) return <Badge tone="good">Sealed</Badge>;
  if (step.late) return <Badge tone="bad">Late</Badge>;
  return <Badge tone="warn">To collect</Badge>;
}

function SealButton({ entity, step, seal }: { entity: Entity; step: Step; seal: (start: SealStart) => void }) {
  const start = { volatility: step.volatility, entity: entity.entity, description: `${step.what} of ${entity.entity.name}` };
  return (
    <Button onPress={() => seal(start)} aria-label={`Seal… ${start.description}`}>
      Seal…
    </Button>
  );
}
