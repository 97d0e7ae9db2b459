// What a new playbook begins with: the same structure as `quell playbook new` writes.

export function templateAt(now: Date): string {
  return TEMPLATE.replaceAll('{at}', now.toISOString());
}

const TEMPLATE = `# What is it for, and when does somebody take it? Say here what it must never do.
# docs/PLAYBOOKS.md says what a step can ask for, and which actions there are.
id: playbook--mine
name: A playbook of ours
description: What it does, in two sentences.
playbook_types: [investigation]
playbook_activities: [identify-indicators, restrict-access]
created: "{at}"
modified: "{at}"
quell:
  summary: One line for the list
  # It is proposed for incidents with one of these techniques of MITRE ATT&CK.
  techniques: [T1071]
  fills:
    __address__: {kind: endpoint, role: control}

playbook_variables:
  __address__:
    type: ipv4-addr
    description: The address that is cut off. Filled from the incident.
    external: true
  __verdict__:
    type: string
    description: confirmed or false. Set by the analyst.
    external: true
    value: unclear

agent_definitions:
  organization--team: {name: The response team}
  security-category--quell: {name: Quell, category: [orchestrator]}

workflow_start: start--begin
workflow:
  start--begin:
    on_completion: action--look

  action--look:
    name: Look at it
    agent: organization--team
    commands:
      - type: manual
        playbook_activity: identify-indicators
        command: "Find out whether __address__:value belongs to an intruder."
    out_args: [__verdict__]
    on_completion: if-condition--confirmed
    quell:
      phase: analyse

  if-condition--confirmed:
    name: "Is it confirmed?"
    condition: "__verdict__:value = 'confirmed'"
    on_true: action--block
    on_completion: end--done

  action--block:
    name: Block the address
    agent: security-category--quell
    commands:
      - type: manual
        playbook_activity: restrict-access
        command: "Block __address__:value at the edge, for a day."
    on_completion: end--blocked
    quell:
      phase: contain
      action: net.block_address
      with: {address: "__address__:value"}
      approval: {quorum: 1, from: responder, expires_minutes: 60}
      ttl_minutes: 1440
  end--blocked: {}

  end--done: {}
`;
