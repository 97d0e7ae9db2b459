"""Runs the playbooks of the catalogue to their end on real targets: what Quell can do it does, what people do is answered here, and
what contains is taken back.

Usage, below tests/targets/run: catalogue.py QUELL [--rounds N] [PLAYBOOK...]

Each playbook runs with answers that make its conditions true, then with others, until each of its steps that a target is there for
was done and looked at, or the rounds are over. Hours of waiting are made short; nothing else of the playbooks is changed.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))
import yaml  # noqa: E402
from server import Server  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
PLAYBOOKS = HERE.parent.parent / "content/playbooks"
TARGETS = json.loads(pathlib.Path(os.environ["QUELL_TARGETS"]).read_text())
MOTO, AD = TARGETS["moto"], TARGETS["active_directory"]
SPACE = "quell-book"
# Those that need an intrusion with a story are played by hold.py; those that take back act on other runs.
ELSEWHERE = {"hold-cloud-identity", "hold-hosts", "undo-run", "undo-last-hour"}
KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIBookBookBookBookBookBookBookBookBook"
# What a change can say when it cannot be taken back because a later step of the same run took its target away.
GONE = ("no such process", "no process", "no box has such a message", "not as it was left", "the cluster has no")


def sh(line):
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True)


class Places:
    """Real things that variables of playbooks name, made anew for each run where a run uses them up."""

    def __init__(self, root):
        self.root, self.sleep = root, None
        sh(f"ip netns del {SPACE}; ip netns add {SPACE}; ip -n {SPACE} link set lo up; id ada || useradd -m ada")
        sh("printf 'ada:a pass phrase 7' | chpasswd")

    def anew(self):
        if self.sleep:
            self.sleep.kill()
            self.sleep.wait()
        self.sleep = subprocess.Popen(["sleep", "36000"])
        file = self.root / "sample.php"
        file.write_text("#!/bin/sh\nEVIL MARK\n")
        home = sh("getent passwd ada").stdout.split(":")[5]
        sh(f"install -d -o ada {home}/.ssh; echo 'ssh-ed25519 {KEY} x' > {home}/.ssh/authorized_keys; "
           f"chown ada {home}/.ssh/authorized_keys")
        mail = TARGETS["dovecot"]
        for user in ("ada", "bob"):
            text = f"From: x@evil.example\nTo: {user}@corp.test\nSubject: Invoice 77\nMessage-ID: <77@evil.example>\n\nhello\n"
            subprocess.run([*mail["program"], "save", "-u", user, "-m", "INBOX"], input=text, text=True, capture_output=True)
        return {
            "__pid__": str(self.sleep.pid), "__file__": str(file), "__key__": KEY, "__host__": "here", "__device__": "here",
            "__server__": "here", "__node__": "node-1", "__user__": "ada", "__address__": "10.77.1.9", "__other_host__": "10.77.1.10",
            "__source__": "203.0.113.66", "__other_source__": "203.0.113.67", "__control__": TARGETS["openc2"]["address"],
            "__pool__": "203.0.113.68", "__destination__": "203.0.113.69", "__network__": "198.51.100.0/24",
            "__segment__": "198.51.100.0/25", "__domain__": "evil.example", "__path__": "/shell.php", "__message_id__": "<77@evil.example>",
            "__sender__": "x@evil.example", "__query__": "Invoice 77", "__namespace__": "shop", "__pod__": "web-7d4b-x1",
            "__deployment__": "web", "__binding__": "deployers", "__instance__": MOTO["instance"], "__subnet__": MOTO["subnet"],
            "__role__": "worker", "__other_role__": "worker", "__bucket__": "customer-data", "__kms_key__": MOTO["key"],
            "__principal__": "arn:aws:iam::123456789012:user/mallory", "__access_key__": MOTO["mallory"][0], "__key_user__": "mallory",
            "__trail__": "main", "__group__": "admins", "__share_group__": "admins", "__admin_group__": "admins",
            "__service_group__": "admins", "__service__": "ada", "__other_user__": "ada", "__made_by__": "mallory", "__made__": "mallory",
            "__builder__": "ada", "__test_target__": "127.0.0.1",
        }

    def close(self):
        if self.sleep:
            self.sleep.kill()
        sh(f"ip netns del {SPACE}; userdel -r ada")


# Where a name means something else in one playbook than in most.
MALLORY, WHOLE = {"__user__": "mallory"}, {"__user__": "ada@corp.test"}
OTHERWISE = {
    "compromised-cloud-key": MALLORY, "ransomware-object-storage": MALLORY, "cloud-logging-tampering": MALLORY, "cloud-root-use": MALLORY,
    "compromised-cloud-role": MALLORY, "crypto-mining": MALLORY, "bucket-exfiltration": MALLORY,
    "compromised-user": WHOLE, "insider-theft": WHOLE, "invoice-fraud": WHOLE, "password-spray": WHOLE,
    "leaked-secret": {"__user__": "mallory", "__role__": "ada"}, "lost-device": {**WHOLE, "__host__": "ws-07", "__device__": "ws-07"},
    "supply-chain": {**WHOLE, "__builder__": "ada@corp.test"}, "lateral-movement": {"__service__": ""},
}


def configuration(folder):
    (folder / "password").write_text(AD["bind"][1])
    (folder / "secret").write_text(MOTO["quell"][1])
    (folder / "token").write_text(TARGETS["kubernetes"]["token"])
    proxy, mail, cluster, filter_ = TARGETS["haproxy"], TARGETS["postfix"], TARGETS["kubernetes"], TARGETS["openc2"]
    space = ["ip", "netns", "exec", SPACE]
    return f"""
[response]
playbooks = ["{folder}/playbooks"]
changes_hourly_max = 1000000
[response.addresses]
here = "10.77.1.9"
ws-07 = "10.77.1.9"
[response.firewall]
program = {json.dumps(space)}
[response.hosts]
here = []
node-1 = []
ws-07 = []
{MOTO["instance"]} = []
[response.directory]
url = "{AD["url"]}"
kind = "active_directory"
user = {json.dumps(AD["bind"][0])}
password = {{ file = "{folder}/password" }}
base = "{AD["base"]}"
authorities = "{AD["ca"]}"
[response.identity]
url = "{TARGETS["scim"]["url"]}"
[response.name_server]
program = {json.dumps(TARGETS["unbound"]["program"])}
sinkhole = "127.0.0.53"
answers_at = "{TARGETS["unbound"]["answers_at"]}"
[response.proxy]
program = {json.dumps(proxy["program"])}
sources = "{proxy["sources"]}"
paths = "{proxy["paths"]}"
urls = "{proxy["urls"]}"
contents = "{proxy["contents"]}"
[response.mailboxes]
program = {json.dumps(TARGETS["dovecot"]["program"])}
[response.mail_gate]
map = "{mail["map"]}"
[response.database]
program = {json.dumps(TARGETS["postgres"]["program"])}
[response.kubernetes]
url = "{cluster["url"]}"
token = {{ file = "{folder}/token" }}
authorities = "{cluster["authorities"]}"
[response.packet_filter]
url = "{filter_["url"]}"
probe = ["ping", "-c", "1", "-W", "1", "{{address}}"]
probe_from = {json.dumps(filter_["from"])}
[response.aws]
region = "eu-central-1"
key_id = "{MOTO["quell"][0]}"
secret = {{ file = "{folder}/secret" }}
accounts = ["123456789012"]
isolation_group = "{MOTO["isolation_group"]}"
endpoint = "{MOTO["endpoint"]}"
"""


class Team:
    """A server, and three people who may agree to anything."""

    def __init__(self, quell, root):
        (root / "playbooks").mkdir()
        for file in PLAYBOOKS.glob("*.yaml"):
            # Days and hours of waiting become a moment.
            text = re.sub(r"delay: \d{4,}", "delay: 50", file.read_text())
            (root / "playbooks" / file.name).write_text(text)
        data = root / "data"
        data.mkdir(mode=0o700)
        (data / "quell.toml").write_text(configuration(root))
        self.server = Server(quell, data).start().set_up()
        self.cookies = [f"{self.server.cookie_name}={self.server.session}", *map(self.server.colleague, ("bea", "cyd"))]

    def ask(self, method, path, body=None, cookie=None, may_fail=False):
        status, answer, _ = self.server.ask(method, "/api/v1" + path, body, {"cookie": cookie} if cookie else None)
        assert status < 300 or may_fail, (method, path, body, status, answer)
        return answer if status < 300 else None

    def incident(self, title):
        made = self.ask("POST", "/incidents", {"title": title, "severity": "high", "reason": "to try"})
        return made["incident"]["id"]


class Answers:
    """What people answer so that conditions come true, or do not."""

    def __init__(self, document, places, number):
        self.random = random.Random(number)
        self.places, self.number, self.asked = places, number, {}
        self.declared = document.get("playbook_variables", {})
        steps = document["workflow"].items()
        self.conditions = [step["condition"] for _, step in steps if "condition" in step]
        self.loops = {name for id, step in steps if id.startswith("while-condition") for name in re.findall(r"__\w+__", step["condition"])}
        self.cases = {re.search(r"__\w+__", step["switch"])[0]: [str(case) for case in step["cases"] if case != "default"]
                      for _, step in steps if "switch" in step}

    def wants(self, name):
        """Whether a condition about a variable is to be true: all of them, none, or as it falls; a loop ends the second time."""
        times = self.asked[name] = self.asked.get(name, 0) + 1
        if name in self.loops and times > 1:
            return False
        if name == "__verdict__" and self.number != 1:
            return True
        return {0: True, 1: False}.get(self.number, self.random.random() < 0.6)

    def value(self, name):
        kind = self.declared.get(name, {}).get("type", "string")
        if name in self.cases:
            cases = self.cases[name]
            return cases[self.number % len(cases)]
        wants = self.wants(name)
        for condition in self.conditions:
            among = re.search(rf"{name}:value\s+IN\s+\(([^)]*)\)", condition)
            if among:
                return among[1].split(",")[0].strip().strip("'") if wants else "false"
            found = re.search(rf"{name}:value\s*(>=|<=|!=|>|<|=)\s*('[^']*'|[\w.]+)", condition)
            if not found:
                continue
            sign, given = found[1], found[2].strip("'")
            if given in ("true", "false"):
                return given if (sign == "=") == wants else ("false" if given == "true" else "true")
            if re.fullmatch(r"\d+", given) and kind in ("integer", "long", "float"):
                if wants and name in self.places:
                    return self.places[name]
                number = int(given)
                fits = {">": number + 1, ">=": number, "<": number - 1, "<=": number, "=": number, "!=": number + 1}[sign]
                fits_not = {">": number, ">=": number - 1, "<": number, "<=": number + 1, "=": number + 1, "!=": number}[sign]
                return str(max(fits if wants else fits_not, 0))
            if sign == "!=":
                return self.places.get(name, "x") if wants else given
            if name in self.places:
                return self.places[name]
            return given if (sign == "=") == wants else "other"
        if name in self.places:
            return self.places[name]
        return {"bool": "true", "integer": "1", "long": "1", "float": "1", "ipv4-addr": "203.0.113.70"}.get(kind, "said")


def machine_steps(document, actions):
    """Steps that a target is there for, by name: a run knows them by ids made from those of the author."""
    found = {}
    for step in document["workflow"].values():
        action = (step.get("quell") or {}).get("action", "")
        if action in actions:
            found[step["name"]] = action
    return found


def play(team, name, document, places, number):
    """One run to its end; the run, and what became of what it changed."""
    answers = Answers(document, {**places, **OTHERWISE.get(name, {})}, number)
    incident = team.incident(f"{name} {number}")
    given = {one: answers.value(one) for one, about in document.get("playbook_variables", {}).items() if about.get("external")}
    run = team.ask("POST", f"/incidents/{incident}/runs", {"playbook": name, "variables": given})["id"]
    ends = time.monotonic() + 120
    while True:
        view = team.ask("GET", f"/runs/{run}")
        if view["ended"]:
            break
        assert time.monotonic() < ends, (name, number, view["places"])
        acted = False
        for place in view["places"]:
            if place["stage"] != "waiting":
                continue
            wait, token = place["wait"], place["token"]
            if wait["for"] == "person":
                variables = {one: answers.value(one) for one in wait["asks"]}
                acted |= team.ask("POST", f"/runs/{run}/steps", {"token": token, "outcome": "done", "variables": variables},
                                  may_fail=True) is not None
            elif wait["for"] == "approval":
                for cookie in team.cookies:
                    acted |= team.ask("POST", f"/runs/{run}/approvals", {"token": token, "rendered": wait["rendered"]}, cookie,
                                      may_fail=True) is not None
            elif wait["for"] == "evidence":
                for volatility in wait["classes"]:
                    team.server.seal(incident, volatility)
        if not acted:
            time.sleep(0.05)
    return run, view


def taken_back(team, run):
    """Takes back all that a run changed; what is still in force afterwards, and why."""
    team.ask("POST", f"/runs/{run}/undo", {"reason": "the try is over"}, may_fail=True)
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        view = team.ask("GET", f"/runs/{run}")
        if not any(effect["undo"]["state"] == "asked" for effect in view["effects"]):
            return view
        time.sleep(0.05)
    raise AssertionError(("not taken back", [(e["call"]["action"], e["undo"]) for e in view["effects"]]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("quell")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("playbooks", nargs="*")
    told = parser.parse_intermixed_args()
    root = pathlib.Path(tempfile.mkdtemp(prefix="quell-book-"))
    places = Places(root)
    try:
        team = Team(told.quell, root)
        totals = run_all(team, told, places)
        team.server.stop()
    finally:
        places.close()
        shutil.rmtree(root, ignore_errors=True)
    return totals


def run_all(team, told, places):
    wrong, done_all, steps_all, undone_all, kinds = [], 0, 0, 0, {}
    actions = {one["id"]: one["kind"] for one in team.ask("GET", "/actions")["items"]}
    for file in sorted(PLAYBOOKS.glob("*.yaml")):
        name = file.stem
        if name in ELSEWHERE or (told.playbooks and name not in told.playbooks):
            continue
        document = yaml.safe_load(file.read_text())
        steps, done, ended, undone, stopped = machine_steps(document, actions), set(), [], 0, []
        for number in range(told.rounds):
            run, view = play(team, name, document, places.anew(), number)
            ended.append(view["ended"]["how"])
            for one in view["done"]:
                if one["name"] in steps and one["outcome"] == "success":
                    done.add(one["name"])
                elif one["name"] in steps:
                    wrong.append(f"{name} round {number}: {one['name']}: {one.get('reason', one['outcome'])}")
            if view["ended"]["how"] != "completed":
                wrong.append(f"{name} round {number}: {view['ended']}")
            for effect in taken_back(team, run)["effects"]:
                action, undo = effect["call"]["action"], effect["undo"]
                kinds.setdefault(action, 0)
                kinds[action] += 1
                if actions.get(action) != "contain":
                    continue
                if undo["state"] == "done":
                    undone += 1
                elif undo["state"] == "stopped" and any(gone in undo["reason"] for gone in GONE):
                    stopped.append(f"{action}: {undo['reason'][:60]}")
                else:
                    wrong.append(f"{name} round {number}: {action} {effect['call']['with']}: {undo}")
            if done == set(steps) and number >= 1:
                break
        left = sorted(set(steps) - done)
        done_all, steps_all, undone_all = done_all + len(done), steps_all + len(steps), undone_all + undone
        print(f"{name}: {len(ended)} runs ({', '.join(sorted(set(ended)))}), {len(done)} of {len(steps)} steps of Quell done on their "
              f"targets, {undone} changes taken back" + (f", {len(stopped)} whose target a later step removed" if stopped else "")
              + (f"; not reached: {', '.join(left)}" if left else ""), flush=True)
    print(f"catalogue: {done_all} of {steps_all} steps done on real targets with {len(kinds)} actions, {undone_all} changes taken back")
    for one in wrong:
        print("WRONG", one)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
