"""Ends a server with SIGKILL while its playbooks act on real targets, and looks at what is left.

Usage, below tests/targets/run: kill.py QUELL [--random N] [--only PATTERN] [--name NAME]

NAME is that of an account and a namespace that are made, so that two can run at once on different actions. With --only-random no
boundary is tried.

Every action is carried out and taken back, and the server is killed before and after each call to its target, in both (for files
that are found by a search, around every fourth: the calls are those of files by path, more often); then at random times. After each kill it is started again and has to come to the same end as without: the change in force once, written
down once, and taken back whole. Calls that change the target are counted: one that is made twice is a fault.
"""
import argparse
import json
import os
import pathlib
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))
import boto3  # noqa: E402
from one_step import playbook  # noqa: E402
from server import Server  # noqa: E402

GATE = pathlib.Path(__file__).resolve().parent / "gate"
TARGETS = json.loads(pathlib.Path(os.environ["QUELL_TARGETS"]).read_text())
SPACE = sys.argv[sys.argv.index("--name") + 1] if "--name" in sys.argv else "quell-kill"
WITHIN = 60


def sh(line):
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True)


def holds(line):
    return sh(line).returncode == 0


def ldap_change(data):
    """Whether a message asks for a change (RFC 4511, 4.6)."""
    try:
        at = 2 if data[1] < 0x80 else 2 + (data[1] & 0x7F)
        return data[0] == 0x30 and data[at] == 2 and data[at + 2 + data[at + 1]] == 0x66
    except IndexError:
        return False


def end(pid):
    """Kills a server, if it is not dead already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Gate:
    """Counts calls to targets, by programs and by connections, and kills the server at one of them."""

    def __init__(self, folder):
        self.folder = folder
        self.lock = threading.Lock()
        self.reset("")

    def reset(self, plan):
        for name, text in (("plan", plan), ("count", "0"), ("calls", "")):
            (self.folder / name).write_text(text)
        return self

    def read(self, name):
        return (self.folder / name).read_text().strip()

    def program(self, words):
        return [str(GATE), str(self.folder), *words]

    def kill(self):
        (self.folder / "plan").write_text("")
        os.kill(int(self.read("pid")), signal.SIGKILL)

    def call(self, data, forward):
        """Passes a call on; whether the connection goes on."""
        with self.lock:
            number = int(self.read("count")) + 1
            (self.folder / "count").write_text(str(number))
            plan = self.read("plan")
            if plan == f"before {number}":
                self.kill()
                return False
            with (self.folder / "calls").open("a") as calls:
                is_ldap = data[:1] == b"\x30"
                calls.write(("ldap modify\n" if ldap_change(data) else "ldap\n") if is_ldap else f"{data[:4000]!r}\n")
            forward(data)
            if plan == f"after {number}":
                # What was asked is carried out before the server is gone.
                time.sleep(0.5)
                self.kill()
                return False
            return True

    def door(self, host, port):
        """A port that leads to a target through the gate."""
        listener = socket.create_server(("127.0.0.1", 0))

        def back(target, client):
            try:
                while data := target.recv(65536):
                    client.sendall(data)
            except OSError:
                pass
            client.close()

        def serve(client):
            target = socket.create_connection((host, port))
            threading.Thread(target=back, args=(target, client), daemon=True).start()
            try:
                while data := client.recv(65536):
                    if not self.call(data, target.sendall):
                        break
            except OSError:
                pass
            target.close()
            client.close()

        def accept():
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return listener.getsockname()[1]


class Action:
    """An action with what it is given, how it is seen from outside, and which calls change the target."""

    def __init__(self, name, given, in_force, changes=None, every=1):
        self.name, self.given, self.in_force, self.changes, self.every = name, given, in_force, changes, every

    def playbook(self, number):
        return playbook(f"kill-{number}", self.name, self.given)

    def prepare(self):
        """Makes the target anew; the variables of the run."""
        return {}

    def check(self, harness, run, effect):
        assert self.in_force(), f"{self.name}: the effect is lost"
        assert harness.changes(self) in (None, 1), f"{self.name}: done twice\n{harness.gate.read('calls')}"


WHAT = "playbook_variables:\n  __what__: {type: string, description: What it is done to, external: true}"
GUARD = "evidence: [memory]\napproval: {quorum: 2, from: lead, expires_minutes: 60}"


class Once(Action):
    """An action that cannot be taken back: `prepare` makes a target that it is done to, `check` sees that it was done, once."""

    def __init__(self, name, given, prepare, check, changes=None, guard=GUARD):
        super().__init__(name, given, None, changes)
        self.prepare, self.is_done_once, self.guard = prepare, check, guard

    def playbook(self, number):
        return playbook(f"kill-{number}", self.name, self.given, head=WHAT, guard=self.guard)

    def check(self, harness, run, effect):
        self.is_done_once(harness, run, effect)
        assert harness.changes(self) in (None, 1), f"{self.name}: done twice\n{harness.gate.read('calls')}"


def member(path_set, element):
    return lambda: holds(f"ip netns exec {SPACE} nft get element inet quell {path_set} '{{ {element} }}'")


def local_actions(root):
    sh(f"ip netns del {SPACE}; ip netns add {SPACE}; ip -n {SPACE} link set lo up; userdel -r {SPACE}; useradd -m {SPACE}")
    sh(f"printf '{SPACE}:a pass phrase 7' | chpasswd")
    key = "AAAAC3NzaC1lZDI1NTE5AAAAIKillKillKillKillKillKillKillKillKill"
    keys = f"/home/{SPACE}/.ssh/authorized_keys"
    sh(f"install -d -o {SPACE} /home/{SPACE}/.ssh; echo 'ssh-ed25519 {key} x' > {keys}; chown {SPACE} {keys}")
    files = root / "files"
    files.mkdir()
    for name in ("a.docm", "b.docm", "c.docm"):
        (files / name).write_text("#!/bin/sh\nEVIL MARK\n")
        (files / name).chmod(0o755)
    sleep = subprocess.Popen(["sleep", "36000"])
    here = {"host": "here"}
    user = {"host": "here", "user": SPACE}
    under = {"host": "here", "under": str(files)}
    names = [files / name for name in ("a.docm", "b.docm", "c.docm")]
    gone = lambda: not any(file.exists() for file in names)
    dead = lambda: not any(os.access(file, os.X_OK) for file in names)
    space = {"host": "edge", "user": SPACE}
    uid = sh(f"id -u {SPACE}").stdout.strip()
    hash_of = sh(f"sha256sum {names[0]}").stdout.split()[0]
    return sleep, [
        Action("net.block_address", {"address": "203.0.113.66"}, member("blocked4", "203.0.113.66"), "nft (add|delete)"),
        Action("net.block_network", {"network": "198.51.100.0/24"}, member("blocked4", "198.51.100.0/24"), "nft (add|delete)"),
        Action("net.isolate_host", {"address": "10.77.1.9"}, member("isolated4", "10.77.1.9"), "nft (add|delete)"),
        Action("net.block_port_external", {"port": "445"}, member("ports_external", "tcp . 445"), "nft (add|delete)"),
        Action("net.block_port_internal", {"port": "445"}, member("ports_internal", "tcp . 445"), "nft (add|delete)"),
        Action("host.block_user_external", space, member("users_external", uid), "nft (add|delete)"),
        Action("host.block_user_internal", space, member("users_internal", uid), "nft (add|delete)"),
        Action("host.lock_user", user, lambda: holds(f"passwd -S {SPACE} | grep -q ' L '"), "usermod"),
        Action("host.remove_key", {**user, "key": key},
               lambda: not holds(f"grep -q {key} {keys}"), "-- mv"),
        Action("host.suspend_process", {**here, "pid": str(sleep.pid)},
               lambda: holds(f"grep -q '^State:.*T' /proc/{sleep.pid}/status"), "kill"),
        Action("host.quarantine_file", {**here, "path": str(names[0])}, lambda: not names[0].exists(), "mv -n"),
        Action("host.quarantine_hash", {**under, "sha256": hash_of}, gone, every=4),
        Action("host.quarantine_format", {**under, "extension": "docm"}, gone, every=4),
        Action("host.quarantine_content", {**under, "content": "EVIL MARK"}, gone, every=4),
        Action("host.block_program", {**here, "path": str(names[0])}, lambda: not os.access(names[0], os.X_OK), "chmod"),
        Action("host.block_program_hash", {**under, "sha256": hash_of}, dead, every=4),
        Action("host.block_program_format", {**under, "extension": "docm"}, dead, every=4),
        Action("host.block_program_content", {**under, "content": "EVIL MARK"}, dead, every=4),
    ]


def directory_actions():
    url = TARGETS["openldap"]["url"]
    search = f"ldapsearch -x -LLL -H {url} -D cn=quell,dc=corp,dc=test -w root-pass -b dc=corp,dc=test"
    shows = lambda line: holds(f"{search} '(objectClass=*)' '*' + | grep -q '{line}'")
    return [
        Action("dir.disable_user", {"user": "ada"},
               lambda: not holds(f"ldapwhoami -x -H {url} -D uid=ada,dc=corp,dc=test -w ada-pass"), "ldap modify"),
        Action("dir.force_reset", {"user": "ada"}, lambda: shows("pwdReset: TRUE"), "ldap modify"),
        Action("dir.remove_from_group", {"user": "ada", "group": "admins"}, lambda: not shows("member: uid=ada,"), "ldap modify"),
    ]


def active_directory_actions():
    url = TARGETS["active_directory"]["url"]
    search = f"LDAPTLS_REQCERT=never ldapsearch -x -LLL -o ldif-wrap=no -H {url} -D 'CORP\\Administrator' -w Adm1n-pass " \
        "-b DC=corp,DC=test"
    shows = lambda query: holds(f"{search} '{query}' cn | grep -q '^dn:'")
    off = "(userAccountControl:1.2.840.113556.1.4.803:=2)"
    inside = "(&(sAMAccountName=ada)(memberOf=CN=admins,CN=Users,DC=corp,DC=test))"
    return [
        Action("dir.disable_user", {"user": "ada"}, lambda: shows(f"(&(sAMAccountName=ada){off})")),
        Action("dir.force_reset", {"user": "ada"}, lambda: shows("(&(sAMAccountName=ada)(pwdLastSet=0))")),
        Action("dir.disable_computer", {"computer": "ws-07"}, lambda: shows(f"(&(sAMAccountName=ws-07$){off})")),
        Action("dir.remove_from_group", {"user": "ada", "group": "admins"}, lambda: not shows(inside)),
    ]


def server_actions():
    unbound = " ".join(TARGETS["unbound"]["program"])
    zone = lambda kind: holds(f"{unbound} list_local_zones | grep -q '^evil.example. {kind}'")
    proxy = TARGETS["haproxy"]
    socat = f"socat - {proxy['program'][2]}"
    listed = lambda name, value: holds(f"echo 'show acl {proxy[name]}' | {socat} | grep -q ' {value}$'")
    doveadm = " ".join(TARGETS["dovecot"]["program"])
    inbox = lambda user: bool(sh(f"{doveadm} search -u {user} mailbox INBOX HEADER Message-ID '<1@evil.example>'").stdout.strip())
    gate = TARGETS["postfix"]["map"]
    psql = " ".join(TARGETS["postgres"]["program"])
    scim = TARGETS["scim"]["url"]

    def active():
        query = urllib.parse.quote('userName eq "ada@corp.test"')
        return json.loads(urllib.request.urlopen(f"{scim}/Users?filter={query}").read())["Resources"][0]["active"]

    return [
        Action("dns.sinkhole", {"domain": "evil.example"}, lambda: zone("redirect")),
        Action("dns.refuse_name", {"domain": "evil.example"}, lambda: zone("always_nxdomain")),
        Action("web.deny_source", {"address": "203.0.113.9"}, lambda: listed("sources", "203.0.113.9")),
        Action("web.deny_path", {"path": "/shell.php"}, lambda: listed("paths", "/shell.php")),
        Action("web.deny_url", {"url": "http://evil.example/x"}, lambda: listed("urls", "http://evil.example/x")),
        Action("web.deny_content", {"content": "the secret plan"}, lambda: listed("contents", "the secret plan")),
        Action("mail.quarantine", {"message_id": "<1@evil.example>"}, lambda: not inbox("ada") and not inbox("bob")),
        Action("mail.block_sender", {"sender": "x@evil.example"}, lambda: holds(f"postmap -q x@evil.example {gate}"),
               "postmap -(i|d)"),
        Action("mail.block_domain", {"domain": "evil.example"}, lambda: holds(f"postmap -q evil.example {gate}"), "postmap -(i|d)"),
        Action("sql.lock_role", {"role": "ada"},
               lambda: sh(f"{psql} -Atc \"SELECT rolcanlogin FROM pg_roles WHERE rolname='ada'\"").stdout.strip() == "f"),
        Action("idp.deactivate_user", {"user": "ada@corp.test"}, lambda: not active(), "PATCH"),
    ]


def cloud_actions():
    moto = TARGETS["moto"]
    client = lambda service: boto3.client(service, endpoint_url=moto["endpoint"], region_name="eu-central-1",
                                          aws_access_key_id=moto["quell"][0], aws_secret_access_key=moto["quell"][1])
    iam, ec2, s3, kms, trail = (client(name) for name in ("iam", "ec2", "s3", "kms", "cloudtrail"))
    bucket = "customer-data"

    def shut():
        try:
            return s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
        except s3.exceptions.ClientError:
            return False

    instance = lambda: ec2.describe_instances()["Reservations"][0]["Instances"][0]
    entries = lambda: [entry for acl in ec2.describe_network_acls()["NetworkAcls"] for entry in acl["Entries"]
                       if entry["CidrBlock"] == "203.0.113.66/32"]
    deny = lambda policies: any(policy["PolicyName"] == "AWSDenyAll" for policy in policies)
    return [
        Action("aws.key_inactive", {"user": "mallory", "key": moto["mallory"][0]},
               lambda: iam.list_access_keys(UserName="mallory")["AccessKeyMetadata"][0]["Status"] == "Inactive",
               "Action=UpdateAccessKey"),
        Action("aws.deny_all", {"user": "mallory"},
               lambda: deny(iam.list_attached_user_policies(UserName="mallory")["AttachedPolicies"]),
               "Action=(Attach|Detach)UserPolicy"),
        Action("aws.deny_role", {"role": "worker"},
               lambda: deny(iam.list_attached_role_policies(RoleName="worker")["AttachedPolicies"]),
               "Action=(Attach|Detach)RolePolicy"),
        Action("aws.revoke_sessions", {"role": "worker"},
               lambda: bool(iam.list_role_policies(RoleName="worker")["PolicyNames"]), "Action=(Put|Delete)RolePolicy"),
        Action("aws.isolate_instance", {"instance": moto["instance"]},
               lambda: instance()["NetworkInterfaces"][0]["Groups"][0]["GroupName"] == "cut off",
               "Action=ModifyNetworkInterfaceAttribute"),
        Action("aws.detach_profile", {"instance": moto["instance"]},
               lambda: not ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"],
               "Action=(Disassociate|Associate)IamInstanceProfile"),
        Action("aws.deny_address", {"address": "203.0.113.66", "subnet": moto["subnet"]}, lambda: len(entries()) == 2),
        Action("aws.block_public_bucket", {"bucket": bucket}, shut, "'(PUT|DELETE) "),
        Action("aws.deny_bucket", {"bucket": bucket, "principal": "arn:aws:iam::123456789012:user/mallory"},
               lambda: "QuellDeny" in s3.get_bucket_policy(Bucket=bucket)["Policy"], "'(PUT|DELETE) "),
        Action("aws.disable_kms_key", {"key": moto["key"]},
               lambda: not kms.describe_key(KeyId=moto["key"])["KeyMetadata"]["Enabled"], "TrentService.(Disable|Enable)Key"),
        Action("aws.restart_trail", {"trail": "main"}, lambda: trail.get_trail_status(Name="main")["IsLogging"],
               "(Start|Stop)Logging"),
    ]


def api(method, path, body=None):
    """Asks the cluster, as another client than Quell."""
    cluster = TARGETS["kubernetes"]
    context = ssl.create_default_context(cafile=cluster["authorities"])
    media = "application/merge-patch+json" if method == "PATCH" else "application/json"
    request = urllib.request.Request(f"{cluster['url']}/{path}", json.dumps(body).encode() if body else None,
                                     {"authorization": f"Bearer {cluster['token']}", "content-type": media}, method=method)
    try:
        return json.loads(urllib.request.urlopen(request, context=context).read())
    except urllib.error.HTTPError as error:
        assert error.code in (404, 409), (error.code, path)
        return None


def cluster_actions():
    pod, space = {"namespace": "shop", "pod": "web-7d4b-x1"}, {"namespace": "shop"}
    policies = "apis/networking.k8s.io/v1/namespaces/shop/networkpolicies"
    labels = lambda: api("GET", "api/v1/namespaces/shop/pods/web-7d4b-x1")["metadata"]["labels"]
    named = lambda name: any(one["metadata"]["name"].startswith(name) for one in api("GET", policies)["items"])
    # Only a pod that is cut off is set aside.
    api("PATCH", "api/v1/namespaces/shop/pods/web-7d4b-x1", {"metadata": {"labels": {"quell.isolated": "for the try"}}})
    address = TARGETS["openc2"]["address"]
    scim = TARGETS["scim"]["url"]
    bob = json.loads(urllib.request.urlopen(f"{scim}/Users?filter=userName%20eq%20%22bob@corp.test%22").read())["Resources"][0]["id"]
    return [
        Action("k8s.deny_network", pod, lambda: "quell.isolated" in labels() and named("quell-isolate-")),
        Action("k8s.set_pod_aside", pod, lambda: "app" not in labels()),
        Action("k8s.deny_namespace", space, lambda: named("quell-deny-all")),
        Action("k8s.cordon_node", {"node": "node-1"}, lambda: api("GET", "api/v1/nodes/node-1")["spec"].get("unschedulable", False)),
        Action("k8s.scale_to_zero", {**space, "deployment": "web"},
               lambda: api("GET", "apis/apps/v1/namespaces/shop/deployments/web")["spec"]["replicas"] == 0),
        Action("k8s.delete_binding", {**space, "binding": "deployers"},
               lambda: api("GET", "apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/deployers") is None),
        # Asked again after a crash: it is the same rule, by its number.
        Action("openc2.deny", {"address": address}, lambda: not holds(f"ip netns exec quell-openc2 ping -c 1 -W 1 {address}")),
        Action("own.deactivate", {"id": bob}, lambda: not json.loads(urllib.request.urlopen(f"{scim}/Users/{bob}").read())["active"],
               "PATCH"),
    ]


def once_actions(root):
    """Actions that cannot be taken back, and those that collect evidence."""
    doveadm, moto = TARGETS["dovecot"]["program"], TARGETS["moto"]
    ec2 = boto3.client("ec2", endpoint_url=moto["endpoint"], region_name="eu-central-1", aws_access_key_id=moto["quell"][0],
                       aws_secret_access_key=moto["quell"][1])
    processes, known = [], {}

    def sealed(count):
        def is_sealed(harness, run, effect):
            pieces = [one for one in harness.read(f"/incidents/{harness.incident}/work")["work"]["evidence"]
                      if (one["about"]["place"] or "").startswith(f"{run}, ")]
            assert count(len(pieces)) and len(pieces) == len(effect["applied"]["evidence"]), (run, len(pieces), effect["applied"])
        return is_sealed

    def process():
        processes.append(subprocess.Popen(["sleep", "36000"]))
        return {"__what__": str(processes[-1].pid)}

    def is_killed(harness, run, effect):
        processes[-1].wait(5)

    def mail():
        known["mail"] = f"<{time.monotonic_ns()}@evil.example>"
        for user in ("ada", "bob"):
            text = f"From: x@evil.example\nTo: {user}@corp.test\nSubject: s\nMessage-ID: {known['mail']}\n\nhello\n"
            subprocess.run([*doveadm, "save", "-u", user, "-m", "INBOX"], input=text, text=True, check=True)
        return {"__what__": known["mail"]}

    def is_purged(harness, run, effect):
        found = subprocess.run([*doveadm, "search", "-A", "HEADER", "Message-ID", known["mail"]], capture_output=True, text=True)
        assert not found.stdout.strip(), found.stdout

    def pod():
        known["pod"] = f"pod-{time.monotonic_ns()}"
        api("POST", "api/v1/namespaces/shop/pods", {"metadata": {"name": known["pod"]}, "spec": {}})
        return {"__what__": known["pod"]}

    def is_deleted(harness, run, effect):
        assert api("GET", f"api/v1/namespaces/shop/pods/{known['pod']}") is None

    def account():
        known["account"] = f"account-{time.monotonic_ns()}"
        made = {"metadata": {"name": known["account"], "annotations": {"owner": "shop"}}}
        known["uid"] = api("POST", "api/v1/namespaces/shop/serviceaccounts", made)["metadata"]["uid"]
        return {"__what__": known["account"]}

    def is_anew(harness, run, effect):
        found = api("GET", f"api/v1/namespaces/shop/serviceaccounts/{known['account']}")["metadata"]
        assert found["uid"] not in (None, known["uid"]) and found["uid"] == effect["applied"]["uid"], (found, effect)
        assert found["annotations"] == {"owner": "shop"}

    def snapshots():
        return len(ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"])

    def before():
        known["snapshots"] = snapshots()
        return {"__what__": moto["instance"]}

    def is_taken(harness, run, effect):
        assert snapshots() == known["snapshots"] + len(effect["applied"]["snapshots"]), (snapshots(), known, effect["applied"])

    there, given = lambda: {"__what__": "here"}, "__what__:value"
    return [
        Once("host.collect_volatile", {"host": given}, there, sealed(lambda count: count >= 6), guard=""),
        Once("mail.search", {"query": given}, mail, sealed(lambda count: count == 2), guard=""),
        Once("host.kill_process", {"host": "here", "pid": given}, process, is_killed),
        Once("mail.purge", {"message_id": given}, mail, is_purged),
        Once("k8s.delete_pod", {"namespace": "shop", "pod": given}, pod, is_deleted),
        Once("k8s.revoke_tokens", {"namespace": "shop", "account": given}, account, is_anew),
        Once("aws.snapshot", {"instance": given}, before, is_taken, guard=""),
    ]


def configuration(gate, directory, playbooks):
    """What the server is told, every target behind the gate."""
    def door(url):
        place = urllib.parse.urlsplit(url)
        return url.replace(f":{place.port}", f":{gate.door(place.hostname, place.port)}")

    words = lambda words: json.dumps(gate.program(words))
    value = TARGETS[directory]
    (gate.folder / "password").write_text(value["bind"][1])
    (gate.folder / "secret").write_text(TARGETS["moto"]["quell"][1])
    proxy, mail = TARGETS["haproxy"], TARGETS["postfix"]
    authorities = f'authorities = "{value["ca"]}"' if "ca" in value else ""
    space = ["ip", "netns", "exec", SPACE]
    (gate.folder / "token").write_text(TARGETS["kubernetes"]["token"])
    own = door(TARGETS["scim"]["url"]) + "/Users/{id}"
    return f"""
[response]
playbooks = ["{playbooks}"]
changes_hourly_max = 1000000
[response.firewall]
program = {words(space)}
[response.hosts]
here = {words([])}
edge = {words(space)}
[response.directory]
url = "{door(value["url"])}"
kind = "{"active_directory" if "ca" in value else "open_ldap"}"
user = {json.dumps(value["bind"][0])}
password = {{ file = "{gate.folder}/password" }}
base = "{value["base"]}"
{authorities}
[response.identity]
url = "{door(TARGETS["scim"]["url"])}"
[response.name_server]
program = {words(TARGETS["unbound"]["program"])}
sinkhole = "127.0.0.53"
answers_at = "{TARGETS["unbound"]["answers_at"]}"
[response.proxy]
program = {words(proxy["program"])}
sources = "{proxy["sources"]}"
paths = "{proxy["paths"]}"
urls = "{proxy["urls"]}"
contents = "{proxy["contents"]}"
[response.mailboxes]
program = {words(TARGETS["dovecot"]["program"])}
[response.mail_gate]
program = {words([])}
map = "{mail["map"]}"
[response.database]
program = {words(TARGETS["postgres"]["program"])}
[response.aws]
region = "eu-central-1"
key_id = "{TARGETS["moto"]["quell"][0]}"
secret = {{ file = "{gate.folder}/secret" }}
isolation_group = "{TARGETS["moto"]["isolation_group"]}"
endpoint = "{door(TARGETS["moto"]["endpoint"])}"
[response.kubernetes]
url = "{door(TARGETS["kubernetes"]["url"])}"
token = {{ file = "{gate.folder}/token" }}
authorities = "{TARGETS["kubernetes"]["authorities"]}"
[response.packet_filter]
url = "{door(TARGETS["openc2"]["url"])}"
probe = ["ping", "-c", "1", "-W", "1", "{{address}}"]
probe_from = {words(TARGETS["openc2"]["from"])}
[response.actions."own.deactivate"]
title = "Make a user inactive"
needs = {{ id = "name" }}
blast = "account"
read = {{ url = "{own}", headers = {SCIM}, pointer = "/active" }}
wanted = false
set = {{ url = "{own}", method = "PATCH", headers = {SCIM}, json = {CHANGE} }}
back = {{ url = "{own}", method = "PATCH", headers = {SCIM}, json = {CHANGE} }}
"""


SCIM = '{ accept = "application/scim+json", content-type = "application/scim+json" }'
CHANGE = ('{ schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], '
          'Operations = [{ op = "replace", path = "active", value = "{value}" }] }')


class Harness:
    """A server, what it acts on, and the count of kills."""

    def __init__(self, quell, root, directory, actions):
        self.gate = Gate(root)
        self.actions = actions
        playbooks = root / "playbooks"
        playbooks.mkdir()
        for number, action in enumerate(actions):
            (playbooks / f"kill-{number}.yaml").write_text(action.playbook(number))
        data = root / "data"
        data.mkdir(mode=0o700)
        (data / "quell.toml").write_text(configuration(self.gate, directory, playbooks))
        self.server = Server(quell, data)
        self.start()
        self.server.set_up()
        self.cookies = [f"{self.server.cookie_name}={self.server.session}", self.server.colleague("bea")]
        said, incident, _ = self.server.ask("POST", "/api/v1/incidents", {
            "title": "Kill", "severity": "high", "reason": "to try"})
        assert said in (200, 201), incident
        self.incident = incident["incident"]["id"]
        self.server.seal(self.incident, "memory")
        self.kills = 0

    def start(self):
        self.server.start()
        (self.gate.folder / "pid").write_text(str(self.server.process.pid))

    def is_dead(self):
        return self.server.process.poll() is not None

    def revive(self):
        self.server.process.wait()
        self.kills += 1
        self.start()

    def ask(self, method, path, body=None, cookie=None):
        """An answer; None if the server died."""
        try:
            status, answer, _ = self.server.ask(method, "/api/v1" + path, body, {"cookie": cookie} if cookie else None)
        except OSError:
            end = time.monotonic() + 5
            while not self.is_dead():
                assert time.monotonic() < end, "the server does not answer and is not dead"
                time.sleep(0.01)
            return None
        assert status < 500, (path, status, answer)
        return answer if status < 300 else {"refused": status, **(answer or {})}

    def read(self, path):
        """What is there, whether the server dies meanwhile or not."""
        while (answer := self.ask("GET", path)) is None:
            self.revive()
        return answer

    def begin(self, number):
        """Begins a run; its id, which a killed server may have kept to itself."""
        before = {run["id"] for run in self.read(f"/incidents/{self.incident}/runs")["items"]}
        answer = self.ask("POST", f"/incidents/{self.incident}/runs", {
            "playbook": f"kill-{number}", "variables": self.actions[number].prepare()})
        if answer is not None:
            assert "id" in answer, answer
            return answer["id"]
        self.revive()
        after = [run["id"] for run in self.read(f"/incidents/{self.incident}/runs")["items"] if run["id"] not in before]
        return after[0] if after else None

    def until(self, run, is_so):
        """The run when it is so; a server that dies meanwhile is started again."""
        end = time.monotonic() + WITHIN
        view = None
        while time.monotonic() < end:
            if self.is_dead():
                self.revive()
            view = self.ask("GET", f"/runs/{run}")
            assert view is None or "refused" not in view, (run, view)
            if view is not None and is_so(view):
                return view
            time.sleep(0.02)
        raise AssertionError(f"it does not end: {json.dumps(view, indent=1)}\n{self.gate.read('calls')}")

    def changes(self, action):
        if action.changes is None:
            return None
        return sum(1 for line in self.gate.read("calls").splitlines() if re.search(action.changes, line))

    def is_over(self, run):
        """Agrees to what is asked, until a run has ended."""
        def seen(view):
            for place in view["places"]:
                if place["stage"] == "waiting" and place["wait"]["for"] == "approval":
                    agreed = {"token": place["token"], "rendered": place["wait"]["rendered"]}
                    for cookie in self.cookies:
                        self.ask("POST", f"/runs/{run}/approvals", agreed, cookie)
            return view["ended"] is not None
        return seen

    def acted(self, action, run):
        view = self.until(run, self.is_over(run))
        assert view["ended"]["how"] == "completed", (action.name, view, self.gate.read("calls"))
        [effect] = view["effects"]
        assert effect["applied"] is not None and effect["verified"], (action.name, effect)
        action.check(self, run, effect)

    def taken_back(self, action, run):
        def is_back(view):
            [effect] = view["effects"]
            assert effect["undo"]["state"] != "stopped", (action.name, effect)
            return effect["undo"]["state"] == "done"
        self.until(run, is_back)
        assert not action.in_force(), f"{action.name}: it is still in force"
        assert self.changes(action) in (None, 1), f"{action.name}: taken back twice\n{self.gate.read('calls')}"

    def undo(self, run):
        answer = self.ask("POST", f"/runs/{run}/undo", {"reason": "tried"})
        if answer is None:
            self.revive()
            view = self.read(f"/runs/{run}")
            if view["effects"][0]["undo"]["state"] == "no":
                self.ask("POST", f"/runs/{run}/undo", {"reason": "tried"})

    def at_every_boundary(self, number):
        """Kills before and after each call to the target; how often."""
        action, kills = self.actions[number], self.kills
        for phase in ("act",) if isinstance(action, Once) else ("act", "undo"):
            for when in ("before", "after"):
                call = 1
                while True:
                    known = self.kills
                    self.gate.reset(f"{when} {call}" if phase == "act" else "")
                    run = self.begin(number)
                    self.acted(action, run)
                    # A kill after the last call can come when the run has ended.
                    if isinstance(action, Once) and self.kills == known and int(self.gate.read("count")) >= call:
                        self.server.process.wait(10)
                        self.revive()
                    if not isinstance(action, Once):
                        self.gate.reset(f"{when} {call}" if phase == "undo" else "")
                        self.undo(run)
                        self.taken_back(action, run)
                    if self.kills == known:
                        break
                    call += action.every
        return self.kills - kills

    def at_random(self, rounds, seed):
        """Kills at random times while runs act and take back."""
        dice = random.Random(seed)
        first = self.kills
        while self.kills - first < rounds:
            number = dice.randrange(len(self.actions))
            action = self.actions[number]
            self.gate.reset("")
            pid = self.server.process.pid
            timer = threading.Timer(dice.uniform(0, 0.6), lambda pid=pid: end(pid))
            timer.start()
            run = self.begin(number)
            if run is not None:
                self.acted(action, run)
                self.gate.reset("")
            if run is not None and not isinstance(action, Once):
                if not timer.is_alive() and dice.random() < 0.5:
                    pid = self.server.process.pid
                    timer = threading.Timer(dice.uniform(0, 0.3), lambda pid=pid: end(pid))
                    timer.start()
                self.undo(run)
                self.taken_back(action, run)
            timer.cancel()
            timer.join()
            if self.is_dead():
                self.revive()


def main():
    given = argparse.ArgumentParser()
    given.add_argument("quell")
    given.add_argument("--random", type=int, default=0)
    given.add_argument("--only", default="")
    given.add_argument("--name", default="quell-kill")
    given.add_argument("--only-random", action="store_true")
    given.add_argument("--seed", type=int, default=7)
    given = given.parse_args()
    root = pathlib.Path(tempfile.mkdtemp(prefix="quell-kill-"))
    (root / "one").mkdir()
    (root / "two").mkdir()
    sleep, local = local_actions(root)
    all_of = [("openldap", local + directory_actions() + server_actions() + cloud_actions() + cluster_actions()
               + once_actions(root)),
              ("active_directory", active_directory_actions())]
    try:
        total = 0
        for (directory, actions), folder in zip(all_of, ("one", "two")):
            actions = [action for action in actions if re.search(given.only, action.name)]
            if not actions:
                continue
            harness = Harness(given.quell, root / folder, directory, actions)
            for number, action in enumerate([] if given.only_random else actions):
                began = time.monotonic()
                kills = harness.at_every_boundary(number)
                total += kills
                print(f"{action.name} ({directory}): killed {kills} times around its calls, 0 lost, 0 doubled, 0 undo lost "
                      f"({time.monotonic() - began:.0f} s)", flush=True)
            if given.random and directory == "openldap":
                harness.at_random(given.random, given.seed)
                print(f"killed {given.random} times at random, 0 lost, 0 doubled, 0 undo lost", flush=True)
            status, verified, _ = harness.server.ask("POST", "/api/v1/ledger/verification", {}, {"cookie": harness.cookies[0]})
            assert status == 200 and verified["whole"], (status, verified)
            print(f"ledger: whole after {harness.kills} kills", flush=True)
            harness.server.stop()
        print(f"kill: {total} kills at boundaries, {given.random} at random")
    finally:
        sleep.kill()
        sh(f"ip netns del {SPACE}; userdel -r {SPACE}; rm -rf {root}")


if __name__ == "__main__":
    main()
