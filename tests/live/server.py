"""A real server under test: started, set up, asked, killed. Standard library only."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

PASSWORD = "a long enough pass phrase 7"
RIGHTS = [
    "users:read", "users:manage", "incidents:read", "incidents:write", "incidents:lead", "incidents:restrict", "alerts:read",
    "alerts:triage", "events:read", "intake:write", "sources:read", "sources:manage", "ledger:read", "system:read",
]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """`quell serve` on a folder; the same port for every start."""

    def __init__(self, quell, folder, storage=None):
        self.quell = quell
        self.folder = pathlib.Path(folder)
        self.log = self.folder.with_suffix(".log")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, **({"QUELL__STORAGE": storage} if storage else {})}
        self.token = self.session = None
        self.process = None

    def launch(self):
        command = [self.quell, "serve", "--data", str(self.folder), "--listen", f"127.0.0.1:{self.port}"]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, env=self.environment)

    def start(self):
        self.launch()
        for _ in range(6_000):
            try:
                urllib.request.urlopen(self.url + "/healthz", timeout=1).read()
                return self
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit("the server ended:\n" + self.log.read_text()[-3_000:]) from None
                time.sleep(0.01)
        raise SystemExit("the server does not answer")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)

    def ask(self, method, path, body=None, headers=None, timeout=60):
        """Status, decoded JSON and headers of an answer."""
        headers = {"content-type": "application/json", **(headers or {})}
        if self.token and "cookie" not in headers:
            headers["authorization"] = f"Bearer {self.token}"
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        try:
            answer = urllib.request.urlopen(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            answer = error
        text = answer.read()
        return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else None, answer.headers

    def set_up(self):
        """Makes an administrator, and a token with every right a token can have."""
        account = {"secret": self._secret(), "login": "ada", "display_name": "Ada", "password": PASSWORD}
        _, _, headers = self.ask("POST", "/api/v1/setup", account)
        cookie = headers["set-cookie"].split(";")[0]
        self.cookie_name, self.session = cookie.split("=", 1)
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))
        wanted = {"label": "test", "rights": RIGHTS, "expires_at": ends}
        _, issued, _ = self.ask("POST", "/api/v1/account/tokens", wanted, {"cookie": cookie})
        self.token = issued["secret"]
        return self

    def colleague(self, login, role="admin"):
        """Another person with an account: the cookie of their session."""
        body = {"login": login, "display_name": login, "role": role}
        ours = {"cookie": f"{self.cookie_name}={self.session}"}
        status, invited, _ = self.ask("POST", "/api/v1/users", body, ours)
        assert status < 300, invited
        nobody = {"cookie": "nobody=0"}
        self.ask("POST", "/api/v1/invitations/accept", {"secret": invited["invitation_secret"], "password": PASSWORD}, nobody)
        status, said, headers = self.ask("POST", "/api/v1/session", {"login": login, "password": PASSWORD}, nobody)
        assert status < 300, said
        return headers["set-cookie"].split(";")[0]

    def seal(self, incident, volatility):
        """Seals a stand-in as evidence of a class."""
        query = (f"name={volatility}.bin&description=a+stand-in&volatility={volatility}&collected_by=ada"
                 "&collected_at=2026-11-30T00:00:00Z")
        status, answer, _ = self.ask("POST", f"/api/v1/incidents/{incident}/evidence?{query}", volatility.encode(),
                                     {"content-type": "application/octet-stream"})
        assert status < 300, answer

    def _secret(self):
        for _ in range(300):
            found = re.findall(r"/setup#(\S+)", self.log.read_text())
            if found:
                return found[-1]
            time.sleep(0.1)
        raise SystemExit("the server printed no set-up link")

    def deliver(self, source, body):
        return self.ask("POST", f"/api/v1/intake/{source}", body, {"content-type": "text/plain"})[0]

    def deliver_folder(self, folder):
        """Every file below a folder, each as a source of its own name."""
        for file in sorted(pathlib.Path(folder).rglob("*")):
            if file.is_file():
                assert self.deliver(file.name, file.read_bytes()) == 200, file

    def wait_until_matched(self):
        for _ in range(600):
            status, system, _ = self.ask("GET", "/api/v1/system")
            if status == 200 and system["caught_up"] and system["backlog_chunks"] == 0:
                time.sleep(2)
                return
            time.sleep(0.2)
        raise SystemExit("detection does not catch up")

    def pages(self, path, query):
        """All items of a list; `query` is the body of a search, or None."""
        cursor = None
        while True:
            if query is None:
                _, page, _ = self.ask("GET", path + (f"&cursor={cursor}" if cursor else ""))
            else:
                _, page, _ = self.ask("POST", path, {**query, **({"cursor": cursor} if cursor else {})})
            yield from page["items"]
            cursor = page["next"]
            if not cursor:
                return
