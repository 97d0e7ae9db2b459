"""The work on a real incident of a scenario: messages to an SMTP server and to a webhook that fails twice, evidence and its
bundle checked by strangers' tools, reports in every form.

Usage: work.py QUELL [FOLDER]. Reports and bundles are left in FOLDER to be looked at. Needs aiosmtpd, sha256sum, openssl.
"""

import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import zipfile

from aiosmtpd.controller import Controller
from server import Server, free_port

SECRET = "a secret of the webhook"
SCENARIOS = ["cloud-credential-theft", "host-phishing-lateral"]
AUDIENCES = ["executive", "legal", "regulator", "technical", "customers", "post_mortem"]


class Mailbox:
    """What an SMTP server was given, in order. It cannot take the first message at once."""

    def __init__(self):
        self.arrived = []
        self.refuse = 2

    async def handle_DATA(self, server, session, envelope):
        if self.refuse:
            self.refuse -= 1
            return "451 try again later"
        self.arrived.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"


class Receiver(http.server.BaseHTTPRequestHandler):
    """A webhook that fails twice, then takes what is signed."""

    fail = 2
    arrived = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if Receiver.fail:
            Receiver.fail -= 1
            self.send_response(503)
        else:
            signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
            mac = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
            assert self.headers["webhook-signature"] == f"v1,{mac}", "the signature does not fit"
            assert abs(int(self.headers["webhook-timestamp"]) - time.time()) < 60
            Receiver.arrived.append((self.headers["webhook-id"], json.loads(body)))
            self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Case:
    """One incident of a server."""

    def __init__(self, server, incident):
        self.server = server
        self.path = f"/api/v1/incidents/{incident}"

    def ask(self, method, path, body=None):
        status, answer, _ = self.server.ask(method, self.path + path, body)
        assert status == 200, (path, status, answer)
        return answer

    def work(self, kind, body):
        return self.ask("POST", "/work", {"work": [{"kind": kind, "body": body}]})["entries"][0]

    def message(self, subject, **more):
        body = {"audience": "management", "subject": subject, "text": "What we know.\nAt 8.", "tlp": "amber+strict", **more}
        return self.work("message.recorded", body)

    def seal(self, name, content):
        query = urllib.parse.urlencode({
            "name": name, "description": "a log", "volatility": "remote_logs", "collected_at": "2026-01-01T00:00:00Z",
            "collected_by": "Ada",
        })
        headers = {"content-type": "application/octet-stream"}
        status, answer, _ = self.server.ask("POST", f"{self.path}/evidence?{query}", content, headers)
        assert status == 200, answer
        return answer["id"]

    def raw(self, method, path, body=None):
        import urllib.request
        headers = {"authorization": f"Bearer {self.server.token}", "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server.url + self.path + path, data=data, method=method, headers=headers)
        return urllib.request.urlopen(request, timeout=120).read()


def wait(what, until):
    for _ in range(600):
        if until():
            return
        time.sleep(0.1)
    raise SystemExit(f"{what} did not happen in time")


def messages(case, mailbox):
    """Delivered once each, in order, signed, however often the other side cannot take it at first."""
    for number in range(3):
        case.message(f"mail {number}", channel="mail", to=["chief@example.org"])
        case.message(f"hook {number}", channel="webhook", to=["alarm"])
    wait("delivery", lambda: len(mailbox.arrived) >= 3 and len(Receiver.arrived) >= 3)
    time.sleep(2)
    subjects = [message["subject"] for message in mailbox.arrived]
    assert subjects == [f"[TLP:AMBER+STRICT] mail {number}" for number in range(3)], subjects
    ids = [message["message-id"] for message in mailbox.arrived]
    assert len(set(ids)) == 3 and mailbox.arrived[0]["auto-submitted"] == "auto-generated"
    assert [body["subject"] for _, body in Receiver.arrived] == [f"hook {number}" for number in range(3)]
    assert len({name for name, _ in Receiver.arrived}) == 3
    said = case.ask("GET", "/work")["work"]["messages"]
    assert all("delivered" in message["delivery"] for message in said), said
    print("messages: 3 mails and 3 webhook calls, each once, in order, signed; both sides could not take the first two tries")


def bundle(case, folder):
    """What strangers' tools say of a bundle, whole and changed."""
    case.seal("auth.log", b"Nov  2 08:00:00 host sshd[1]: Accepted\n" * 1000)
    case.seal("empty-looking.bin", bytes(4096))
    archive = folder / "bundle.zip"
    archive.write_bytes(case.raw("POST", "/bundle", {}))
    opened = folder / "bundle"
    zipfile.ZipFile(archive).extractall(opened)
    check = ["sha256sum", "-c", "--quiet", "SHA256SUMS"]
    verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public-key.pem", "-rawin", "-in", "SHA256SUMS",
              "-sigfile", "SHA256SUMS.sig"]
    run = lambda command: subprocess.run(command, cwd=opened, capture_output=True, check=False).returncode
    assert run(check) == 0 and run(verify) == 0
    piece = next((opened / "evidence").iterdir())
    piece.write_bytes(piece.read_bytes() + b" ")
    assert run(check) != 0, "a changed file is not noticed"
    sums = opened / "SHA256SUMS"
    sums.write_text(sums.read_text().replace("a", "b", 1))
    assert run(verify) != 0, "a changed list is not noticed"
    print(f"bundle: {archive.stat().st_size} bytes, good for sha256sum and openssl; a changed file and a changed list are not")


def reports(case, folder, name):
    for audience in AUDIENCES:
        for form, extension in [("markdown", "md"), ("html", "html"), ("pdf", "pdf")]:
            began = time.monotonic()
            report = case.raw("GET", f"/reports/draft?audience={audience}&form={form}&tlp=amber")
            took = time.monotonic() - began
            (folder / f"{name}-{audience}.{extension}").write_bytes(report)
            assert b"TLP:AMBER" in report or form == "pdf"
            if form == "pdf":
                assert report.startswith(b"%PDF-"), report[:20]
                print(f"report: {name}, {audience}, PDF of {len(report)} bytes in {took:.2f} s")


def exports(case, folder, name):
    """STIX against the library of OASIS, its schemas and rules."""
    for tlp in ["clear", "amber+strict", "red"]:
        bundle = folder / f"{name}-{tlp}.stix.json"
        bundle.write_bytes(case.raw("GET", "/export?form=stix&tlp=" + urllib.parse.quote(tlp)))
        checked = subprocess.run([sys.executable, "stix.py", str(bundle)], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr
    record = json.loads(case.raw("GET", "/export?form=veris"))
    assert record["incident_id"] and record["asset"]["assets"], record
    print(f"export: {name}, three STIX bundles valid")


def work(case):
    """Enough of the work that reports have something to say."""
    case.work("incident.declared", {"criteria": ["intruder-inside"], "reason": "Somebody who must not was inside."})
    inputs = {"functional": "low", "information": ["unknown"], "recoverability": "supplemented",
              "escalation": {"active": True, "privileged": True}}
    case.work("incident.severity_assessed", {"inputs": inputs, "reason": "Administrative rights were used."})
    case.work("impact.weighed", {"impact": "The build server stops for an hour.", "decision": "Contain at once."})
    told = case.ask("GET", "")
    for kind, names in [("host", told["incident"]["hosts"]), ("principal", told["incident"]["principals"])]:
        for entity in names[:3]:
            named = {"kind": kind, "name": entity}
            case.work("entity.judged", {"entity": named, "verdict": "affected", "reason": "It is in the chain."})
            case.work("entity.step_done", {"entity": named, "step": "contain", "how": "Cut off by hand."})
    hypothesis = case.work("hypothesis.stated", {"about": "root_cause", "text": "The key was in a public place."})
    case.work("hypothesis.weighed", {"hypothesis": hypothesis, "side": "for", "reference": {"elsewhere": "ticket 12"},
                                     "note": "It was found there."})
    case.work("hypothesis.settled", {"hypothesis": hypothesis, "outcome": "accepted", "reason": "Nothing is earlier."})
    case.work("clock.decided", {"regime": "gdpr-33", "applies": True, "answers": {"controller": True},
                                "reason": "Names of customers were read."})
    case.work("clock.anchor_set", {"anchor": "aware", "at": "2026-01-01T08:00:00Z", "reason": "The alert was confirmed."})
    case.work("measure.taken", {"purpose": "close_weakness", "text": "Keys are rotated, and kept out of images."})
    owner = case.server.ask("GET", "/api/v1/users")[1]
    owner = (owner["items"] if isinstance(owner, dict) else owner)[0]["id"]
    lesson = case.work("lesson.found", {"text": "Look for keys in public places each night.", "target": "control"})
    case.work("lesson.owned", {"lesson": lesson, "owner": owner, "due_at": "2026-12-31T00:00:00Z",
                               "proof": "The search finds a planted key."})
    case.work("task.set", {"title": "Tell the owner of the build server"})
    hostile = "</td><script>alert(1)</script> #import \"x\" [a](javascript:1) \u202e$(id) " + "x" * 90
    case.ask("POST", "/timeline", {"items": [{"kind": "finding", "at": "2026-01-01T09:00:00Z", "title": hostile}]})
    post_mortem = {"held_at": "2026-01-02T09:00:00Z", "participants": ["Ada", "Lee"], "summary": "A key was stolen and used.",
                   "detection": "A rule saw it.", "handling": "Contained within the hour.", "outcome": "Nothing was lost.",
                   "went_well": ["The rule"], "went_badly": ["No search for keys"], "lucky": ["A weekday"]}
    case.work("post_mortem.held", {"post_mortem": post_mortem})


def main():
    quell = sys.argv[1]
    out = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    mailbox, mail_port, hook_port = Mailbox(), free_port(), free_port()
    sink = Controller(mailbox, hostname="127.0.0.1", port=mail_port)
    sink.start()
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", hook_port), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as temporary:
        folder = out or pathlib.Path(temporary) / "out"
        folder.mkdir(parents=True, exist_ok=True)
        server = Server(quell, f"{temporary}/data")
        server.environment.update({
            "QUELL__NOTIFY__MAIL__SERVER": "127.0.0.1", "QUELL__NOTIFY__MAIL__PORT": str(mail_port),
            "QUELL__NOTIFY__MAIL__TLS": "none", "QUELL__NOTIFY__MAIL__FROM": "Quell <quell@example.org>",
            "QUELL__NOTIFY__WEBHOOKS__ALARM__URL__ENV": "HOOK_URL", "HOOK_URL": f"http://127.0.0.1:{hook_port}/",
            "QUELL__NOTIFY__WEBHOOKS__ALARM__SECRET__ENV": "HOOK_SECRET", "HOOK_SECRET": SECRET,
        })
        server.start().set_up()
        try:
            for scenario in SCENARIOS:
                rendered = f"{temporary}/{scenario}"
                subprocess.run([quell, "scenario", "render", scenario, "--out", rendered], check=True)
                server.deliver_folder(f"{rendered}/logs")
            server.wait_until_matched()
            found = list(server.pages("/api/v1/incidents", None))
            found = [it for it in found if it["status"] == "new" and it["severity"] in ("critical", "high")]
            assert len(found) >= 2, found
            for number, incident in enumerate(found[:2]):
                case = Case(server, incident["id"])
                work(case)
                reports(case, folder, f"incident-{number}")
                exports(case, folder, f"incident-{number}")
            messages(case, mailbox)
            bundle(case, folder)
        finally:
            server.stop()
            sink.stop()


if __name__ == "__main__":
    main()
