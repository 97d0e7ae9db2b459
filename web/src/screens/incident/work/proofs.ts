// Where in the console each proof comes from: most activities are proven by what is recorded, and a person is told where.

import type { Api } from '../../../api/client';

const PLACES: Partial<Record<Api['Proof'], string>> = {
  triaged: 'decide on every alert, in the queue of alerts',
  declared: 'declare it, under Triage',
  severity_assessed: 'assess its severity, under Triage',
  classified: 'classify it, under Triage',
  roles_assigned: 'give the roles, under Roles',
  assigned: 'take it, at the top',
  root_cause_stated: 'accept a hypothesis about the root cause, under Inquiry',
  scope_confirmed: 'judge every entity, under Entities',
  findings_recorded: 'record findings, under Timeline',
  evidence_sealed: 'seal evidence, under Evidence',
  evidence_first: 'seal evidence before changing anything, under Evidence',
  impact_considered: 'weigh what containment would cost, under Measures',
  contained_each: 'contain every affected entity, under Entities or by a playbook',
  containment_held: 'verify what contains, under Measures or by a playbook',
  stakeholders_told: 'tell those who have to know, under Communication',
  clocks_decided: 'decide which duties apply, under Communication',
  eradicated_each: 'clean every affected entity, under Entities or by a playbook',
  weakness_closed: 'take and verify the measure that closes the weakness, under Measures',
  hardened: 'take measures that harden, under Measures',
  recovered_each: 'restore every affected entity, under Entities or by a playbook',
  integrity_checked: 'check the source of what is restored, under Entities',
  watched: 'watch more closely, under Measures',
  recovery_declared: 'declare recovery, under Measures',
  post_mortem_held: 'hold the post-mortem, under Report',
  information_complete: 'complete what reports need, under Report',
  lessons_owned: 'give each lesson an owner, under Report',
  lessons_closed: 'close each lesson with its proof, under Report',
  lessons_shared: 'share lessons, under Report',
  reports_issued: 'issue reports, under Report',
};

/** What to do, or nothing if no place in the console does it. */
export function placeOf(proof: Api['Proof']): string | undefined {
  return PLACES[proof];
}
