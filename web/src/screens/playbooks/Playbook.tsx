// One playbook: what it is, and its workflow as a drawing, as a table, and as the document itself.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';

import { playbooksQuery } from '../../api/queries';
import type { Api } from '../../api/client';
import { Badge } from '../../ui/Badge';
import { Button, LinkButton } from '../../ui/Button';
import { Found } from '../../ui/State';
import { words } from '../../ui/text';
import { Values } from '../../ui/Value';
import { Moment } from '../../ui/When';
import type { Playbook as Document } from './cacao';
import { Canvas } from './Canvas';
import { readDraft } from './editor/drafts';
import { layOut } from './layout';
import { Proposed } from './Proposed';
import { actionsQuery, playbookQuery } from './queries';
import { StepPanel } from './StepPanel';
import { Steps } from './Steps';
import { Text } from './Text';
import './playbooks.css';

const route = getRouteApi('/shell/playbooks/$name');

const VIEWS = [
  ['canvas', 'Canvas'],
  ['steps', 'Steps'],
  ['text', 'Text'],
] as const;
type View = (typeof VIEWS)[number][0];

/** What of an action is known on this server. */
export type Configured = (action: string) => { here: boolean; spec?: Api['ActionSpec'] };

export default function PlaybookScreen() {
  const { name } = route.useParams();
  const query = useQuery(playbookQuery(name));
  return (
    <div className="page">
      <nav aria-label="Where this is">
        <Link to="/playbooks">All playbooks</Link>
      </nav>
      <Found query={query}>{({ document, playbook }) => <Whole name={name} playbook={playbook} document={document} />}</Found>
    </div>
  );
}

function Whole({ name, playbook, document }: { name: string; playbook: Document; document: unknown }) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const configured = useConfigured(name);
  const drawing = useMemo(() => layOut(playbook.steps, playbook.start, playbook.exception), [playbook]);
  const view: View = VIEWS.find(([each]) => each === search.view)?.[0] ?? 'canvas';
  const step = search.step ? playbook.steps.get(search.step) : undefined;
  const select = (id: string | undefined) =>
    void navigate({ to: '/playbooks/$name', params: { name }, search: { ...search, step: id }, resetScroll: false });
  const shared = { playbook, drawing, configured, selected: step?.id, select };
  return (
    <>
      <Head name={name} playbook={playbook} />
      <nav className="tabs" aria-label="Ways to look at it">
        {VIEWS.map(([each, text]) => (
          <Link
            key={each}
            to="/playbooks/$name"
            params={{ name }}
            search={{ ...search, view: each === 'canvas' ? undefined : each }}
            activeOptions={{ exact: true, includeSearch: true, explicitUndefined: true }}
            aria-current={each === view ? 'page' : undefined}
          >
            {text}
          </Link>
        ))}
      </nav>
      <div className={step && view !== 'text' ? 'playbook-view with-panel' : 'playbook-view'}>
        {view === 'canvas' && <Canvas {...shared} />}
        {view === 'steps' && <Steps {...shared} />}
        {view === 'text' && <Text name={name} document={document} />}
        {step && view !== 'text' && <StepPanel key={step.id} step={step} {...shared} />}
      </div>
    </>
  );
}

/** Looks an action up: the list of playbooks says what is by hand here, the list of actions what those of targets are. */
function useConfigured(name: string): Configured {
  const { data: playbooks } = useQuery(playbooksQuery);
  const { data: actions } = useQuery(actionsQuery);
  return useMemo(() => {
    const byHand = new Set(playbooks?.items.find((each) => each.name === name)?.by_hand);
    const specs = new Map(actions?.items.map((each) => [each.id, each]));
    return (action) => ({ here: !byHand.has(action), spec: specs.get(action) });
  }, [name, playbooks, actions]);
}

function Head({ name, playbook }: { name: string; playbook: Document }) {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <title>{`${playbook.title} · Quell`}</title>
      <header>
        <h1 className="grow wrap">{playbook.title}</h1>
        <LinkButton to="/playbooks/$name/edit" params={{ name }}>
          {readDraft(name) === undefined ? 'Make your own of it' : 'Go on with your own of it'}
        </LinkButton>
        <Button look="primary" icon="incident" onPress={() => setAsked(true)}>
          Use it on an incident
        </Button>
      </header>
      <section className="card" aria-labelledby="about-playbook">
        <h2 id="about-playbook" className="hidden">
          About this playbook
        </h2>
        <div className="body stack">
          <p className="wrap">
            {playbook.summary && <strong>{playbook.summary}. </strong>}
            {playbook.description}
          </p>
          <dl className="facts">
            <dt>Phases</dt>
            <dd className="row">
              {playbook.phases.map((phase) => (
                <Badge key={phase}>{words(phase)}</Badge>
              ))}
              {playbook.phases.length === 0 && 'It names none'}
            </dd>
            {playbook.techniques.length > 0 && (
              <>
                <dt>Techniques</dt>
                <dd>
                  <Values all={playbook.techniques} most={12} />
                </dd>
              </>
            )}
            <dt>Document</dt>
            <dd>
              <span className="mono">{name}</span>, created <Moment at={playbook.created} />
              {playbook.modified !== playbook.created && (
                <>
                  , modified <Moment at={playbook.modified} />
                </>
              )}
              {playbook.modified === playbook.created && ', not modified since'}. {signature(playbook)}.
            </dd>
          </dl>
        </div>
      </section>
      <Proposed name={name} open={asked} close={() => setAsked(false)} />
    </>
  );
}

function signature({ signedBy, builtIn }: Document): string {
  if (signedBy.length > 0) return `Signed by ${signedBy.join(', ')}. Whether that is to be trusted, “quell playbook verify” says`;
  return builtIn ? 'Not signed: it is part of the program' : 'Not signed';
}
