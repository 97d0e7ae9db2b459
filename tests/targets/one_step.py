"""A playbook of one step, that acts."""
import json

FORM = """id: playbook--{name}
name: Try {action}
playbook_types: [mitigation]
playbook_activities: [eliminate-risk, restrict-access]
created: "2026-11-30T00:00:00.000Z"
modified: "2026-11-30T00:00:00.000Z"
{head}
agent_definitions:
  security-category--quell: {{name: Quell, category: [orchestrator]}}
workflow_start: start--begin
workflow:
  start--begin: {{on_completion: action--act}}
  action--act:
    name: Act
    agent: security-category--quell
    commands:
      - {{type: manual, playbook_activity: restrict-access, command: Act}}
      - {{type: manual, playbook_activity: eliminate-risk, command: Act}}
    on_completion: end--done
    quell:
      phase: contain
      action: {action}
      with: {{{given}}}
{guard}
  end--done: {{}}
"""


def playbook(name, action, given, head="", guard=""):
    """Its text; `head` are members of the playbook beside those that it needs, `guard` what the step asks for first."""
    quoted = ", ".join(f"{parameter}: {json.dumps(value)}" for parameter, value in given.items())
    guard = "\n".join("      " + line for line in guard.splitlines())
    return FORM.format(name=name, action=action, given=quoted, head=head, guard=guard)
