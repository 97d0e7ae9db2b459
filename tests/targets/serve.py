"""Starts the targets of actions on loopback, runs a command with QUELL_TARGETS naming a file that says where they are, and
stops them. Needs root, Debian's packages as .ci/run installs them, and moto and scim2-server from PyPI.

    python3 tests/targets/serve.py COMMAND...

A target that does not start is said so and left out of the file; with QUELL_TARGETS_ALL=1 that is an error.
"""
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ENV = dict(os.environ, PATH="/usr/sbin:/sbin:" + os.environ["PATH"])
STARTED = []


def run(*words, **more):
    """Runs a program to its end; its output, or an error that says what it printed."""
    more.setdefault("timeout", 120)
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=ENV, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]}: {done.stdout[-800:]}{done.stderr[-800:]}")
    return done.stdout


def start(log, *words, **more):
    """Starts a program that stays."""
    out = open(log, "w")
    more.setdefault("env", ENV)
    process = subprocess.Popen([str(word) for word in words], stdout=out, stderr=out, start_new_session=True, **more)
    STARTED.append(process)
    return process


def listening(port, seconds=60, host="127.0.0.1"):
    """Waits until something answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing answers on port {port}")


def free(port):
    """Fails if something listens there that this run did not start: it would be taken for the target."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise RuntimeError(f"port {port} is taken: {error}") from None


def write(path, text, mode=0o644):
    path.write_text(text)
    path.chmod(mode)
    return path


def openldap(at):
    (at / "db").mkdir()
    write(at / "slapd.conf", f"""
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {at}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
database mdb
suffix "dc=corp,dc=test"
rootdn "cn=quell,dc=corp,dc=test"
rootpw root-pass
directory {at}/db
overlay ppolicy
ppolicy_default "cn=policy,dc=corp,dc=test"
""")
    start(at / "log", "slapd", "-d", "0", "-f", at / "slapd.conf", "-h", "ldap://127.0.0.1:13389")
    listening(13389)
    tree = write(at / "tree.ldif", """dn: dc=corp,dc=test
objectClass: dcObject
objectClass: organization
dc: corp
o: corp

dn: cn=policy,dc=corp,dc=test
objectClass: device
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMustChange: TRUE

dn: uid=ada,dc=corp,dc=test
objectClass: inetOrgPerson
uid: ada
cn: Ada
sn: L
mail: ada@corp.test
userPassword: ada-pass

dn: uid=bob,dc=corp,dc=test
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: B
userPassword: bob-pass

dn: cn=admins,dc=corp,dc=test
objectClass: groupOfNames
cn: admins
member: uid=ada,dc=corp,dc=test
member: uid=bob,dc=corp,dc=test
""")
    run("ldapadd", "-x", "-H", "ldap://127.0.0.1:13389", "-D", "cn=quell,dc=corp,dc=test", "-w", "root-pass", "-f", tree)
    return {"url": "ldap://127.0.0.1:13389", "bind": ["cn=quell,dc=corp,dc=test", "root-pass"], "base": "dc=corp,dc=test"}


def active_directory(at):
    run("samba-tool", "domain", "provision", "--realm=CORP.TEST", "--domain=CORP", "--server-role=dc",
        "--dns-backend=NONE", f"--targetdir={at}/dc", "--adminpass=Adm1n-pass", "--option=interfaces=lo",
        "--option=bind interfaces only=yes", timeout=180)
    conf = at / "dc/etc/smb.conf"
    # The certificate that provisioning would make names no host as clients want it named today.
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=dc", "-keyout", at / "key.pem", "-out",
        at / "cert.pem", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE")
    (at / "key.pem").chmod(0o600)
    start(at / "log", "samba", "-i", "-s", conf, "--option=server services=ldap,cldap,kdc,rpc",
          f"--option=tls keyfile={at}/key.pem", f"--option=tls certfile={at}/cert.pem", "--option=tls cafile=")
    listening(636)
    # The database answers a little later than the port.
    for _ in range(30):
        try:
            run("samba-tool", "user", "list", "-s", conf)
            break
        except RuntimeError:
            time.sleep(1)
    run("samba-tool", "user", "create", "ada", "Ada-pass-77", "-s", conf)
    for user in ("m.webb", "adm.jlin"):
        run("samba-tool", "user", "create", user, "Webb-pass-77", "-s", conf)
    run("samba-tool", "computer", "create", "ws-07", "-s", conf)
    run("samba-tool", "user", "enable", "ws-07$", "-s", conf)
    run("samba-tool", "group", "add", "admins", "-s", conf)
    run("samba-tool", "group", "addmembers", "admins", "ada", "-s", conf)
    return {"url": "ldaps://127.0.0.1:636", "bind": ["CORP\\Administrator", "Adm1n-pass"], "base": "DC=corp,DC=test",
            "ca": str(at / "cert.pem")}


def secure_shell(at):
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", at / "host")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", at / "quell")
    pathlib.Path("/run/sshd").mkdir(exist_ok=True)
    start(at / "log", "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-p", "10022", "-o", "ListenAddress=127.0.0.1", "-h", at / "host",
          "-o", f"AuthorizedKeysFile={at}/quell.pub", "-o", "StrictModes=no", "-o", "UsePAM=no", "-o", f"PidFile={at}/pid",
          "-o", "PermitRootLogin=yes")
    listening(10022)
    return {"program": ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={at}/known",
                        "-o", "ControlMaster=auto", "-o", f"ControlPath={at}/mux", "-o", "ControlPersist=60",
                        "-i", str(at / "quell"), "-p", "10022", "root@127.0.0.1"]}


def name_server(at):
    write(at / "unbound.conf", f"""
server:
  interface: 127.0.0.1
  port: 10053
  username: ""
  chroot: ""
  directory: "{at}"
  pidfile: "{at}/pid"
  use-syslog: no
  do-daemonize: no
  module-config: "iterator"
  domain-insecure: "test"
  local-zone: "outside.test." static
  local-zone: "intra.test." static
  local-zone: "own.test." static
  local-data: "own.test. 60 IN A 198.51.100.9"
  do-not-query-localhost: no
remote-control:
  control-enable: yes
  control-interface: {at}/control
  control-use-cert: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@10054
""")
    # The world: a name server of its own, that knows a name outside and one of ours.
    write(at / "world.conf", f"""
server:
  interface: 127.0.0.1
  port: 10054
  username: ""
  chroot: ""
  directory: "{at}"
  pidfile: "{at}/world.pid"
  use-syslog: no
  do-daemonize: no
  module-config: "iterator"
  local-zone: "." static
  local-data: "evil.example. 60 IN A 203.0.113.66"
  local-data: "wiki.corp.example. 60 IN A 10.0.0.80"
""")
    start(at / "world.log", "unbound", "-d", "-c", at / "world.conf")
    start(at / "log", "unbound", "-d", "-c", at / "unbound.conf")
    end = time.monotonic() + 20
    while not (at / "control").exists() and time.monotonic() < end:
        time.sleep(0.05)
    run("unbound-control", "-c", at / "unbound.conf", "status")
    return {"program": ["unbound-control", "-c", str(at / "unbound.conf")], "answers_at": "127.0.0.1:10053"}


def proxy(at):
    site = at / "site"
    site.mkdir()
    for name in ("shell.php", "index.html"):
        write(site / name, "hello")
    start(at / "site.log", sys.executable, HERE / "site.py", "10081")
    lists = {}
    for name in ("sources", "paths", "urls", "contents"):
        lists[name] = str(write(at / f"{name}.acl", ""))
    write(at / "haproxy.cfg", f"""
global
  stats socket {at}/admin.sock mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend ours
  bind 127.0.0.1:10080
  option http-buffer-request
  http-request deny if {{ src -f {lists['sources']} }}
  http-request deny if {{ path -f {lists['paths']} }}
  http-request deny if {{ url -f {lists['urls']} }}
  http-request deny if {{ req.body -m sub -f {lists['contents']} }}
  default_backend site
backend site
  http-request set-uri %[path]
  server one 127.0.0.1:10081
""")
    start(at / "log", "haproxy", "-f", at / "haproxy.cfg")
    listening(10080)
    listening(10081)
    return {"program": ["socat", "-", f"UNIX-CONNECT:{at}/admin.sock"], "answers_at": "http://127.0.0.1:10080", **lists}


def mailboxes(at):
    mail = at / "mail"
    mail.mkdir()
    user = pwd.getpwnam("nobody")
    os.chown(mail, user.pw_uid, user.pw_gid)
    write(at / "users", "".join(f"{name}:{{PLAIN}}x:{user.pw_uid}:{user.pw_gid}::{mail}/{name}::\n" for name in ("ada", "bob")))
    run_at = at / "run"
    run_at.mkdir()
    write(at / "dovecot.conf", f"""
base_dir = {run_at}
state_dir = {at}/state
log_path = {at}/log
protocols =
ssl = no
first_valid_uid = 1
mail_location = maildir:~/Maildir
default_internal_user = nobody
default_login_user = nobody
default_internal_group = nogroup
passdb {{
  driver = passwd-file
  args = {at}/users
}}
userdb {{
  driver = passwd-file
  args = {at}/users
}}
""")
    (at / "state").mkdir()
    start(at / "out", "dovecot", "-F", "-c", at / "dovecot.conf")
    end = time.monotonic() + 20
    while not (run_at / "auth-userdb").exists() and time.monotonic() < end:
        time.sleep(0.05)
    doveadm = ["doveadm", "-c", str(at / "dovecot.conf")]
    for name, ids in (("ada", (1, 11)), ("bob", (1,))):
        for number in ids:
            message = f"From: x@evil.example\nTo: {name}@corp.test\nSubject: Invoice {number}\nMessage-ID: <{number}@evil.example>\n\nhttp://evil.example/{number}\n"
            run(*doveadm, "save", "-u", name, "-m", "INBOX", input=message)
    return {"program": doveadm}


def mail_gate(at):
    conf, queue, data = at / "conf", at / "queue", at / "data"
    for folder in (conf, queue, data):
        folder.mkdir()
    shutil.chown(data, "postfix")
    shutil.copy("/etc/postfix/dynamicmaps.cf", conf)
    shutil.copytree("/etc/postfix/dynamicmaps.cf.d", conf / "dynamicmaps.cf.d", dirs_exist_ok=True)
    for name in ("postfix-files",):
        shutil.copy(f"/etc/postfix/{name}", conf)
    write(conf / "main.cf", f"""
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination = corp.test
local_recipient_maps =
myhostname = mx.corp.test
max_use = 1
alias_maps =
maillog_file = {at}/log
maillog_file_prefixes = {at}
smtpd_recipient_restrictions = check_sender_access lmdb:{at}/senders, reject_unauth_destination
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
""")
    write(conf / "master.cf", """
10025 inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
local unix - n n - - local
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
postlog unix-dgram n - n - 1 postlogd
""")
    free(10025)
    write(at / "senders", "")
    run("postmap", "-c", conf, f"lmdb:{at}/senders")
    run("postfix", "-c", conf, "start")
    listening(10025)
    return {"program": [], "conf": str(conf), "map": f"lmdb:{at}/senders", "probe": ["127.0.0.1", 10025, "ada@corp.test"]}


def cloud(at):
    env = dict(ENV, MOTO_IAM_LOAD_MANAGED_POLICIES="true", AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x")
    start(at / "log", "moto_server", "-H", "127.0.0.1", "-p", "15001", env=env)
    listening(15001)
    out = run(sys.executable, HERE / "cloud.py", "http://127.0.0.1:15001")
    request = urllib.request.Request("http://127.0.0.1:15001/moto-api/reset-auth", b"0", {"content-type": "text/plain"})
    urllib.request.urlopen(request).read()
    return {"endpoint": "http://127.0.0.1:15001", **json.loads(out)}


def identity(at):
    start(at / "log", "scim2-server", "--hostname", "127.0.0.1", "--port", "18002")
    listening(18002)
    user = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@corp.test", "active": True}
    for name in ("ada@corp.test", "bob@corp.test"):
        body = json.dumps({**user, "userName": name}).encode()
        request = urllib.request.Request("http://127.0.0.1:18002/v2/Users", body, {"content-type": "application/scim+json"})
        urllib.request.urlopen(request).read()
    return {"url": "http://127.0.0.1:18002/v2"}


def cluster(at):
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=cluster", "-keyout", at / "key.pem",
        "-out", at / "cert.pem", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE")
    start(at / "log", sys.executable, HERE / "cluster.py", "16443", at / "cert.pem", at / "key.pem", "token-of-quell")
    listening(16443)
    return {"url": "https://127.0.0.1:16443", "token": "token-of-quell", "authorities": str(at / "cert.pem")}


def packet_filter(at):
    """A namespace that reaches this machine over a link, with a filter in it."""
    run("ip", "netns", "add", "quell-openc2")
    run("ip", "link", "add", "quell-oc2", "type", "veth", "peer", "name", "edge", "netns", "quell-openc2")
    run("ip", "address", "add", "10.77.9.1/24", "dev", "quell-oc2")
    run("ip", "link", "set", "quell-oc2", "up")
    run("ip", "-n", "quell-openc2", "address", "add", "10.77.9.2/24", "dev", "edge")
    run("ip", "-n", "quell-openc2", "link", "set", "edge", "up")
    start(at / "log", sys.executable, HERE / "openc2.py", "18003", "quell-openc2")
    listening(18003)
    return {"url": "http://127.0.0.1:18003/", "from": ["ip", "netns", "exec", "quell-openc2"], "address": "10.77.9.1"}


def database(at):
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        raise RuntimeError("PostgreSQL is not installed")
    shutil.chown(at, "postgres")
    run("runuser", "-u", "postgres", "--", found[-1] / "initdb", "-D", at / "db", "-A", "trust", "-N")
    start(at / "log", "runuser", "-u", "postgres", "--", found[-1] / "postgres", "-D", at / "db", "-p", "15432", "-k", at,
          "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off")
    listening(15432)
    program = ["psql", "-h", "127.0.0.1", "-p", "15432", "-U", "postgres", "postgres"]
    for _ in range(50):
        try:
            run(*program, "-c", "CREATE ROLE ada LOGIN")
            break
        except RuntimeError:
            time.sleep(0.1)
    return {"program": program}


TARGETS = {
    "openldap": openldap,
    "active_directory": active_directory,
    "ssh": secure_shell,
    "unbound": name_server,
    "haproxy": proxy,
    "dovecot": mailboxes,
    "postfix": mail_gate,
    "moto": cloud,
    "scim": identity,
    "kubernetes": cluster,
    "openc2": packet_filter,
    "postgres": database,
}


def main():
    root = pathlib.Path(tempfile.mkdtemp(prefix="quell-targets-"))
    root.chmod(0o755)
    only = os.environ.get("QUELL_TARGETS_ONLY", "").split()
    # Who is told to end stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    where, missing = {}, []
    try:
        for name, begin in TARGETS.items():
            if only and name not in only:
                continue
            at, began = root / name, time.monotonic()
            at.mkdir()
            try:
                where[name] = begin(at)
                print(f"target {name}: up in {time.monotonic() - began:.1f} s", flush=True)
            except (RuntimeError, OSError, LookupError, subprocess.SubprocessError) as error:
                missing.append(name)
                print(f"target {name}: NOT THERE: {error}", flush=True)
        file = write(root / "targets.json", json.dumps(where))
        if missing and os.environ.get("QUELL_TARGETS_ALL") == "1":
            return 1
        return subprocess.run(sys.argv[1:], env=dict(os.environ, QUELL_TARGETS=str(file))).returncode
    finally:
        for process in STARTED:
            try:
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        subprocess.run(["ip", "netns", "del", "quell-openc2"], capture_output=True)
        if (root / "postfix/conf").exists():
            subprocess.run(["postfix", "-c", root / "postfix/conf", "stop"], env=ENV, capture_output=True)
        for process in STARTED:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
