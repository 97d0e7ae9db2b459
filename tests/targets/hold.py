"""Both scripted intrusions from the first record to the end of containment, without a hand: a policy begins the playbook, targets
are acted on and looked at, the sweep proves that nothing of the intruder is left, and what was cut is given back.

Usage, below tests/targets/run: hold.py QUELL [ROUNDS]

What a preview says will be left to the intruder has to be what is left. With ROUNDS, measures how long it takes from an alert to
verified containment, on the firewall and in the cloud, each round with an intrusion of its own.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))
import boto3  # noqa: E402
from one_step import playbook  # noqa: E402
from server import Server  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TARGETS = json.loads(pathlib.Path(os.environ["QUELL_TARGETS"]).read_text())
MOTO, AD = TARGETS["moto"], TARGETS["active_directory"]
SPACE = "quell-hold"
STILL_SECONDS = 5
SCENARIOS = {"cloud-credential-theft": "hold-cloud-identity", "host-phishing-lateral": "hold-hosts"}


def sh(line):
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True)


def holds(line):
    return sh(line).returncode == 0


def wait(what, is_so, seconds=60, seen=None):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = is_so()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s{': ' + seen() if seen else ''}")


def configuration(folder, automatic):
    """Targets, and the playbooks with an hour's wait made short."""
    playbooks = folder / "playbooks"
    playbooks.mkdir(exist_ok=True)
    for name in SCENARIOS.values():
        text = (HERE.parent.parent / "content/playbooks" / f"{name}.yaml").read_text()
        assert "delay: 3600000" in text
        (playbooks / f"{name}.yaml").write_text(text.replace("delay: 3600000", "delay: 12000"))
    (folder / "secret").write_text(MOTO["quell"][1])
    (folder / "password").write_text(AD["bind"][1])
    # Logs are delivered file by file: what the preview saw whole has to be whole when the playbook begins.
    policies = "".join(f'[[response.automatic]]\nplaybook = "{name}"\nseverity = "critical"\nstill_seconds = {STILL_SECONDS}\n'
                       for name in SCENARIOS.values())
    return f"""
[response]
playbooks = ["{playbooks}"]
changes_hourly_max = 100000
{policies if automatic else ""}
[response.addresses]
ws01 = "10.30.1.21"
srv02 = "10.30.2.12"
[response.dependents]
srv02 = ["Finance share"]
[response.hosts]
ws01 = []
srv02 = []
[response.firewall]
program = ["ip", "netns", "exec", "{SPACE}"]
management = ["10.30.9.9"]
[response.directory]
url = "{AD["url"]}"
kind = "active_directory"
user = {json.dumps(AD["bind"][0])}
password = {{ file = "{folder}/password" }}
base = "{AD["base"]}"
authorities = "{AD["ca"]}"
[response.aws]
region = "eu-central-1"
key_id = "{MOTO["quell"][0]}"
secret = {{ file = "{folder}/secret" }}
accounts = ["111122223333"]
endpoint = "{MOTO["endpoint"]}"
"""


def server(quell, folder, automatic):
    folder.mkdir()
    data = folder / "data"
    data.mkdir(mode=0o700)
    (data / "quell.toml").write_text(configuration(folder, automatic))
    return Server(quell, data).start().set_up()


def ask(server, method, path, body=None):
    status, answer, _ = server.ask(method, "/api/v1" + path, body)
    assert status < 300, (method, path, status, answer)
    return answer


def incident_of(server):
    """The worst incident, when its story stands still."""
    server.wait_until_matched()
    told = []

    def settled():
        items = [item for item in server.pages("/api/v1/incidents?limit=100", None) if item["severity"] == "critical"]
        told.append([(item["id"], item["title"], item["version"]) for item in items])
        time.sleep(0.3)
        return items if len(items) == 1 and len(told) > 5 and all(one == told[-1] for one in told[-5:]) else None
    return wait("one critical incident", settled, seen=lambda: f"{told[-5:]}")[0]["id"]


def blocked(address):
    return any(holds(f"ip netns exec {SPACE} nft get element inet quell {name} '{{ {address} }}'")
               for name in ("blocked4", "isolated4"))


def shut(user):
    search = (f"LDAPTLS_REQCERT=never ldapsearch -x -LLL -o ldif-wrap=no -H {AD['url']} -D '{AD['bind'][0]}' -w {AD['bind'][1]} "
              f"-b {AD['base']} '(&(sAMAccountName={user})(userAccountControl:1.2.840.113556.1.4.803:=2))' cn")
    return holds(f"{search} | grep -q '^dn:'")


def iam():
    return boto3.client("iam", endpoint_url=MOTO["endpoint"], region_name="eu-central-1", aws_access_key_id=MOTO["quell"][0],
                        aws_secret_access_key=MOTO["quell"][1])


def lists_as_intruder():
    key = MOTO["svc-metrics-export"]
    client = boto3.client("s3", endpoint_url=MOTO["endpoint"], region_name="eu-central-1", aws_access_key_id=key[0],
                          aws_secret_access_key=key[1])
    try:
        return bool(client.list_buckets())
    except client.exceptions.ClientError:
        return False


def cloud_cut():
    """What is cut in the cloud and at the edge, seen with other clients."""
    policies = [name for role in ("web-frontend", "deploy-platform") for name in iam().list_role_policies(RoleName=role)["PolicyNames"]]
    return {"sessions": policies.count("QuellRevokeOlderSessions"), "user": not lists_as_intruder(),
            "sources": sorted(one for one in ("192.0.2.146", "198.51.100.77") if blocked(one))}


def hosts_cut():
    return {"accounts": [user for user in ("m.webb", "adm.jlin") if shut(user)],
            "hosts": [one for one in ("10.30.1.21", "10.30.2.12") if blocked(one)], "control": blocked("203.0.113.45")}


def now_of(seconds=3):
    return datetime.now(timezone.utc) + timedelta(seconds=seconds)


def honest_cloud(logs):
    """Honest calls of the roles after the cut, and a try of the intruder that is denied."""
    records = []
    for file in logs.rglob("*.json"):
        records += json.loads(file.read_text())["Records"]
    made = []
    for name, ends in (("web-frontend", None), ("deploy-platform", None), ("svc-metrics-export", "AccessDenied")):
        record = json.loads(json.dumps(next(one for one in records if f"/{name}" in json.dumps(one.get("userIdentity", {})))))
        record["eventTime"] = now_of().strftime("%Y-%m-%dT%H:%M:%SZ")
        record["eventID"] = f"00000000-0000-4000-8000-{len(made):012d}"
        if ends is None:
            record |= {"eventName": "GetCallerIdentity", "eventSource": "sts.amazonaws.com", "sourceIPAddress": "203.0.113.200",
                       "requestParameters": None, "responseElements": None, "resources": []}
            record["userIdentity"]["accessKeyId"] = "ASIAHONESTHONESTHONE"
            record.pop("errorCode", None)
            record.pop("tlsDetails", None)
        else:
            record["errorCode"] = ends
        made.append(record)
    return "cloudtrail-later.json", json.dumps({"Records": made}).encode()


def honest_hosts(logs):
    """What the machines and accounts do after the cut, without the intruder."""
    lines = []
    for file in ("WS01.jsonl", "SRV02.jsonl"):
        all_of = [json.loads(line) for line in (logs / file).read_text().splitlines()]
        for user in ("m.webb", "adm.jlin"):
            record = dict(next(one for one in all_of if one["EventID"] == 11 and "Edge" in json.dumps(one) or one["EventID"] == 11))
            later = now_of()
            record |= {"EventTime": later.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "UtcTime": later.strftime("%Y-%m-%d %H:%M:%S.000"),
                       "User": f"CORP\\{user}", "Image": "C:\\Windows\\explorer.exe", "TargetFilename": f"C:\\Users\\{user}\\notes.txt"}
            lines.append(json.dumps(record))
    return "hosts-later.jsonl", "\n".join(lines).encode()


def contained_by(view):
    """Effects of the phase that contains, verified and in force."""
    return [effect for effect in view["effects"] if effect["verified"] and not effect["call"]["action"].startswith("case.")]


def play(quell, scenario, root):
    chosen = SCENARIOS[scenario]
    subprocess.run([quell, "scenario", "render", scenario, "--out", str(root / "s"), "--background", "60"], check=True,
                   stdout=subprocess.DEVNULL)
    logs = root / "s/logs"
    # What would be left, said by a server that does nothing.
    still = server(quell, root / "still", False)
    still.deliver_folder(logs)
    incident = incident_of(still)
    proposed = [one["playbook"] for one in ask(still, "GET", f"/incidents/{incident}/playbooks")["items"]]
    assert chosen in proposed, proposed
    preview = ask(still, "POST", f"/incidents/{incident}/runs/preview", {"playbook": chosen, "fill": True})
    refused = [step["target"] for step in preview["items"] if step["refused"]]
    assert not refused, refused
    predicted = preview["radius"]
    print(f"{scenario}: predicted: {len(predicted['cut'])} cut, {len(predicted['left'])} left "
          f"({', '.join(one['name'] for one in predicted['left'])}), affects {predicted['affects']}", flush=True)
    assert still.stop() == 0
    cut = cloud_cut if "cloud" in scenario else hosts_cut
    before = cut()

    acting = server(quell, root / "acting", True)
    acting.deliver_folder(logs)
    run = wait("a policy begins the playbook", lambda: ask(acting, "GET", "/runs")["items"], 90)[0]["id"]
    view = lambda: ask(acting, "GET", f"/runs/{run}")
    incident = view()["incident"]

    def is_contained():
        now = view()
        assert now["ended"] is None, now
        return any(one["phase"] == "eradicate" for one in now["places"]) and now
    held = wait("contained", is_contained)
    assert held["radius"]["left"] == predicted["left"], (held["radius"], predicted)
    assert held["radius"]["cut"] == predicted["cut"]
    print(f"{scenario}: contained by {len(contained_by(held))} changes; the residual radius is what was predicted: "
          f"{len(held['radius']['left'])} left; from outside: {before} -> {cut()}", flush=True)
    assert cut() != before
    name, later = honest_cloud(logs) if "cloud" in scenario else honest_hosts(logs)
    assert acting.deliver(name, later) == 200

    def goes_on():
        now = view()
        for place in now["places"]:
            if place["stage"] == "waiting" and place["wait"]["for"] == "person":
                checked(acting, incident)
                ask(acting, "POST", f"/runs/{run}/steps", {"token": place["token"], "outcome": "done", "variables": {}})
        return now if now["ended"] else None
    ended = wait("the run ends", goes_on, 90)
    failures = [done for done in ended["done"] if done["outcome"] != "success"]
    assert ended["ended"]["how"] == "completed" and not failures, (ended["ended"], failures)
    after = cut()
    work = ask(acting, "GET", f"/incidents/{incident}/work")["work"]
    entities = [one for one in work["entities"] if one["judged"] and one["judged"]["verdict"] == "affected"]
    states = {step: sum(1 for one in entities for state in one["steps"] if state["step"] == step and state["verified"])
              for step in ("contain", "clean", "restore")}
    references = sum(len(state["verified"]["references"]) for one in entities for state in one["steps"] if state["verified"])
    print(f"{scenario}: {len(entities)} entities affected, verified: {states}, with {references} entries as evidence; "
          f"given back: {after}", flush=True)
    proven = gates(scenario, ask(acting, "GET", f"/incidents/{incident}/process"))
    assert {"contain-affected", "remove-threat"} <= set(proven), proven
    assert "cloud" in scenario or "restore-systems" in proven
    assert work["recovery"]["watches"], "a watch runs"
    asked = [one for one in work["evidence"] if one["about"]["tool"].startswith("ps ")]
    assert "cloud" in scenario or len(asked) >= 2, "both machines were asked what runs on them"
    acting.stop()
    return after


def gates(scenario, process):
    """Says which activities of the framework are proven."""
    found = {}

    def walk(value):
        if isinstance(value, dict):
            if value.get("state") and (value.get("id") or value.get("activity")):
                found[value.get("id") or value.get("activity")] = value["state"]
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
    walk(process)
    state = lambda value: value if isinstance(value, str) else value.get("is") or value.get("state") or json.dumps(value)[:60]
    done = sorted(name for name, value in found.items() if state(value) == "done")
    print(f"{scenario}: proven: {', '.join(done)}", flush=True)
    return done


def checked(server, incident):
    """What the person does who rebuilds: says what the machines are restored from."""
    for host in ("WS01.corp.example", "SRV02.corp.example"):
        entity = {"kind": "host", "name": host}
        how = "image of 2026-10-01, hash compared with the one that was sealed with it"
        server.ask("POST", f"/api/v1/incidents/{incident}/work", {"work": [
            {"kind": "entity.step_done", "body": {"entity": entity, "step": "check_source", "how": how}},
            {"kind": "entity.step_verified", "body": {"entity": entity, "step": "check_source", "how": how}}]})


def as_before():
    """Takes away what an earlier try left."""
    for role in ("web-frontend", "deploy-platform"):
        if "QuellRevokeOlderSessions" in iam().list_role_policies(RoleName=role)["PolicyNames"]:
            iam().delete_role_policy(RoleName=role, PolicyName="QuellRevokeOlderSessions")
    for policy in iam().list_attached_user_policies(UserName="svc-metrics-export")["AttachedPolicies"]:
        iam().detach_user_policy(UserName="svc-metrics-export", PolicyArn=policy["PolicyArn"])


MEASURED = """quell:
  summary: Cut one thing off
  techniques: [T1571, T1047, T1136.003, T1098.001]
  fills:
    __what__: {fill}
playbook_variables:
  __what__: {{type: string, description: What is cut, external: true}}"""


def own(number, text):
    """The records of an intrusion with names and addresses of a round of its own."""
    for old, new in (("m.webb", f"m.webb{number}"), ("adm.jlin", f"adm.jlin{number}"), ("WS01", f"WS{number}A"), ("SRV02", f"SRV{number}B"),
                     ("10.30.1.21", f"10.30.{number}.21"), ("10.30.2.12", f"10.30.{number}.12"), ("203.0.113.45", f"203.0.113.{number}"),
                     ("8e3ceb90", f"8e3c{number:04d}"), ("svc-metrics-export", f"svc-metrics-export{number}"),
                     ("web-frontend", f"web-frontend{number}"), ("deploy-platform", f"deploy-platform{number}"),
                     ("198.51.100.77", f"198.51.100.{number}"), ("192.0.2.146", f"192.0.2.{number}"), ("192.0.2.77", f"192.0.2.{number}"),
                     ("AKIAJUEQALP2HFTFVZ4W", f"AKIAJUEQALP2HFTF{number:04d}"), ("ASIALZ5DUCLEEFPVKRPL", f"ASIALZ5DUCLEEFPV{number:04d}"),
                     ("ASIAQQEMNVZIYX2NSWUP", f"ASIAQQEMNVZIYX2N{number:04d}"), ("eventID\":\"", f"eventID\":\"{number:04d}")):
        text = text.replace(old, new)
    return text


KINDS = {"edge": ("host-phishing-lateral", "net.block_address", "address", "{kind: endpoint, role: control}"),
         "cloud": ("cloud-credential-theft", "aws.deny_all", "user", '{kind: principal, contains: ":user/"}')}
# Intrusions at once on one server: stories of all of them are told together.
AT_ONCE = 10


def measure(quell, rounds, root):
    """How long it takes from the first alert of an incident to verified containment."""
    for name, (_, action, _, _) in KINDS.items():
        took = []
        for first in range(1, rounds + 1, AT_ONCE):
            took += times(quell, root / f"measure-{name}-{first}", name, range(first, min(first + AT_ONCE, rounds + 1)))
        took.sort()
        at = lambda part: took[min(len(took) - 1, int(len(took) * part))]
        print(f"alert to verified containment, {action}: {len(took)} incidents, up to {AT_ONCE} intrusions on a server: median "
              f"{at(0.5) * 1000:.0f} ms, p99 {at(0.99) * 1000:.0f} ms, longest {took[-1] * 1000:.0f} ms", flush=True)
        assert at(0.99) < 2, took


def times(quell, folder, name, numbers):
    """Seconds of each run that a server of its own began for intrusions of its own."""
    folder.mkdir()
    scenario, action, parameter, fill = KINDS[name]
    data = folder / "data"
    data.mkdir(mode=0o700)
    policy = f'[[response.automatic]]\nplaybook = "measure-{name}"\nseverity = "high"\n'
    text = configuration(folder, False)
    (folder / "playbooks" / f"measure-{name}.yaml").write_text(
        playbook(f"measure-{name}", action, {parameter: "__what__:value"}, MEASURED.format(fill=fill)))
    (data / "quell.toml").write_text(text.replace("[response.addresses]", policy + "[response.addresses]"))
    running = Server(quell, data).start().set_up()
    subprocess.run([quell, "scenario", "render", scenario, "--out", str(folder / "s"), "--background", "0"], check=True,
                   stdout=subprocess.DEVNULL)
    files = [(file.name, file.read_text()) for file in sorted((folder / "s/logs").rglob("*")) if file.is_file()]
    seen, took = set(), []
    for number in numbers:
        if name == "cloud":
            iam().create_user(UserName=f"svc-metrics-export{number}")
        for file, text in files:
            assert running.deliver(file, own(number, text).encode()) == 200

        def new():
            return [run["id"] for run in ask(running, "GET", "/runs")["items"] if run["id"] not in seen]
        for run in wait("a run", new):
            seen.add(run)
            took.append(seconds(running, run))
    running.stop()
    return took


def seconds(running, run):
    """From the first alert of the incident, as it is now, to the last verified change of the run."""
    def is_over():
        view = ask(running, "GET", f"/runs/{run}")
        return view if view["ended"] else None
    view = wait("it ends", is_over, 30)
    assert view["ended"]["how"] == "completed", (view["ended"], view["done"])
    stream = ask(running, "GET", f"/ledger?stream=run/{run}&limit=100")
    verified = max(entry["at"] for entry in stream if entry["kind"] == "run.verified")

    def alerts():
        incident = view["incident"]
        while into := ask(running, "GET", f"/incidents/{incident}")["incident"]["merged_into"]:
            incident = into
        return list(running.pages(f"/api/v1/alerts?incident={incident}&limit=200", None))
    first = min(alert["raised_at"] for alert in wait("its alerts", alerts))
    return (datetime.fromisoformat(verified) - datetime.fromisoformat(first)).total_seconds()


def main():
    quell = sys.argv[1]
    as_before()
    sh(f"ip netns del {SPACE}; ip netns add {SPACE}; ip -n {SPACE} link set lo up")
    root = pathlib.Path(tempfile.mkdtemp(prefix="quell-hold-"))
    try:
        if len(sys.argv) > 2:
            measure(quell, int(sys.argv[2]), root)
        for number, scenario in enumerate(SCENARIOS):
            (root / str(number)).mkdir()
            play(quell, scenario, root / str(number))
        print("hold: both scenarios, no hand but that of who says what machines are restored from", flush=True)
    finally:
        sh(f"ip netns del {SPACE}")
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
