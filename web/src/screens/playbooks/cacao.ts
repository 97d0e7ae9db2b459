// A playbook as the canvas, the table and the panel read it: steps and links out of a CACAO v2 document.
//
// The document may come from anywhere. What has another shape than the standard says is left out; nothing here throws.

/** Quell's own extension of the standard: docs/PLAYBOOKS.md, "The extension". */
export const EXTENSION = 'extension-definition--7d3c2a54-6c1e-4f0b-9b1e-2f6f0a5c9e10';
/** Who wrote the playbooks that are part of the program; these are not signed. */
const QUELL = 'identity--5b0c1d3e-8f42-4d5a-9a0b-3c6d7e8f9a01';

const KINDS = {
  start: 'Start',
  end: 'End',
  action: 'Action',
  'playbook-action': 'Playbook',
  parallel: 'In parallel',
  'if-condition': 'If',
  'while-condition': 'While',
  'switch-condition': 'Choice',
} as const;
export type Kind = keyof typeof KINDS;

export interface Link {
  to: string;
  label: string;
  /** `next` goes on in the same line; `branch` goes aside and comes back; `failure` goes away. */
  role: 'next' | 'branch' | 'failure';
}

interface Approval {
  quorum: number;
  from: string;
  owner: boolean;
  expiresMinutes: number;
}

/** What Quell's extension says about a step. */
export interface Extension {
  phase?: string;
  action?: string;
  with: Record<string, string>;
  evidence: string[];
  approval?: Approval;
  impact?: string;
  ttlMinutes?: number;
  entity?: string;
  keeps: Record<string, string>;
}

export interface Step {
  id: string;
  kind: Kind;
  /** What people call it; of a step without a name, what it is. */
  name: string;
  description: string;
  condition: string;
  delayMs: number;
  links: Link[];
  commands: { type: string; activity: string; text: string }[];
  agent?: string;
  targets: string[];
  takes: string[];
  gives: string[];
  extension: Extension;
}

export interface Variable {
  name: string;
  type: string;
  description: string;
  value?: string;
  external: boolean;
}

export interface Playbook {
  title: string;
  description: string;
  summary: string;
  created: string;
  modified: string;
  builtIn: boolean;
  signedBy: string[];
  techniques: string[];
  labels: string[];
  phases: string[];
  start: string;
  exception?: string;
  steps: Map<string, Step>;
  variables: Variable[];
  /** Agents and targets by id. */
  names: Map<string, string>;
}

type Json = Record<string, unknown>;

export function kindName(kind: Kind): string {
  return KINDS[kind];
}

export function readPlaybook(document: unknown): Playbook {
  const whole = record(document);
  const ours = record(record(whole.playbook_extensions)[EXTENSION]);
  const steps = new Map(
    entries(whole.workflow).map(([id, step]) => [id, readStep(id, step)]),
  );
  const phases = [...steps.values()].flatMap(({ extension }) => extension.phase ?? []);
  return {
    title: text(whole.name),
    description: text(whole.description),
    summary: text(ours.summary),
    created: text(whole.created),
    modified: text(whole.modified),
    builtIn: whole.created_by === QUELL,
    signedBy: list(whole.signatures).map((each) => text(record(each).signee) || 'somebody without a name'),
    techniques: texts(ours.techniques),
    labels: texts(whole.labels),
    phases: PHASES.filter((phase) => phases.includes(phase)),
    start: text(whole.workflow_start),
    exception: text(whole.workflow_exception) || undefined,
    steps,
    variables: entries(whole.playbook_variables).map(([name, of]) => ({
      name,
      type: text(of.type),
      description: text(of.description),
      value: of.value === undefined ? undefined : plain(of.value),
      external: of.external === true,
    })),
    names: new Map([...entries(whole.agent_definitions), ...entries(whole.target_definitions)].map(([id, of]) => [id, text(of.name) || id])),
  };
}

/** In the order in which an incident goes through them. */
const PHASES = ['prepare', 'analyse', 'contain', 'eradicate', 'recover', 'learn'];

function readStep(id: string, step: Json): Step {
  const kind = typeof step.type === 'string' && step.type in KINDS ? (step.type as Kind) : 'action';
  return {
    id,
    kind,
    name: text(step.name) || KINDS[kind],
    description: text(step.description),
    condition: text(step.condition) || text(step.switch),
    delayMs: number(step.delay) ?? 0,
    links: linksOf(kind, step),
    commands: list(step.commands).map((each) => {
      const command = record(each);
      return { type: text(command.type), activity: text(command.playbook_activity), text: text(command.command) || text(command.command_b64) };
    }),
    agent: text(step.agent) || undefined,
    targets: texts(step.targets),
    takes: texts(step.in_args),
    gives: texts(step.out_args),
    extension: readExtension(record(record(step.step_extensions)[EXTENSION])),
  };
}

function readExtension(of: Json): Extension {
  const approval = of.approval === undefined ? undefined : record(of.approval);
  const entity = record(of.entity);
  return {
    phase: text(of.phase) || undefined,
    action: text(of.action) || undefined,
    with: Object.fromEntries(Object.entries(record(of.with)).map(([name, value]) => [name, plain(value)])),
    evidence: texts(of.evidence),
    approval: approval && {
      quorum: number(approval.quorum) ?? 1,
      from: text(approval.from) || 'responder',
      owner: approval.owner === true,
      expiresMinutes: number(approval.expires_minutes) ?? 1_440,
    },
    impact: text(of.impact) || undefined,
    ttlMinutes: number(of.ttl_minutes),
    entity: text(entity.name) ? `${text(entity.kind)} ${text(entity.name)}` : undefined,
    keeps: Object.fromEntries(Object.entries(record(of.keeps)).map(([name, value]) => [name, plain(value)])),
  };
}

function linksOf(kind: Kind, step: Json): Link[] {
  const links: Link[] = [];
  const add = (to: unknown, label: string, role: Link['role']) => {
    if (typeof to === 'string' && to !== '') links.push({ to, label, role });
  };
  if (kind === 'parallel') for (const to of texts(step.next_steps)) add(to, 'at once', 'branch');
  if (kind === 'if-condition') {
    add(step.on_true, 'if so', 'branch');
    add(step.on_false, 'if not', 'branch');
  }
  if (kind === 'while-condition') add(step.on_true, 'as long as so', 'branch');
  if (kind === 'switch-condition') {
    for (const [value, to] of Object.entries(record(step.cases))) add(to, value === 'default' ? 'otherwise' : value, 'branch');
  }
  add(step.on_success, 'on success', 'next');
  add(step.on_completion, kind === 'while-condition' ? 'when no longer' : links.length > 0 ? 'after that' : '', 'next');
  add(step.on_failure, 'on failure', 'failure');
  return links;
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function entries(value: unknown): [string, Json][] {
  return Object.entries(record(value)).map(([name, each]) => [name, record(each)]);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: unknown): string[] {
  return list(value).filter((each) => typeof each === 'string');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
