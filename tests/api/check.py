"""Starts a server on a free port, makes an administrator and a token, delivers a scenario, and lets schemathesis ask.

Exit code and closing lines are schemathesis's own.
"""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PASSWORD = "a long enough pass phrase 7"
RIGHTS = [
    "users:read", "users:manage", "incidents:read", "incidents:write", "incidents:restrict", "alerts:read",
    "alerts:triage", "events:read", "intake:write", "sources:read", "sources:manage", "ledger:read", "system:read",
]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(url, body, headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"content-type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read()), answer.headers


def set_up_secret(log):
    for _ in range(300):
        found = re.findall(r"/setup#(\S+)", log.read_text())
        if found:
            return found[0]
        time.sleep(0.1)
    raise SystemExit("the server printed no set-up link:\n" + log.read_text())


def sign_in(url, log):
    account = {"secret": set_up_secret(log), "login": "ada", "display_name": "Ada", "password": PASSWORD}
    _, headers = ask(url + "/api/v1/setup", account, {})
    cookie = headers["set-cookie"].split(";")[0]
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))
    wanted = {"label": "check", "rights": RIGHTS, "expires_at": ends}
    token, _ = ask(url + "/api/v1/account/tokens", wanted, {"cookie": cookie})
    return token["secret"], cookie.split("=", 1)[1]


def main():
    quell, schemathesis = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        port, log = free_port(), folder / "log"
        url = f"http://127.0.0.1:{port}"
        scenario = [quell, "scenario", "render", "cloud-credential-theft", "--out", str(folder / "scenario")]
        subprocess.run(scenario, check=True)
        with log.open("w") as out:
            serve = [quell, "serve", "--data", str(folder / "data"), "--listen", f"127.0.0.1:{port}"]
            server = subprocess.Popen(serve, stderr=out, stdout=out)
        try:
            token, session = sign_in(url, log)
            for file in sorted((folder / "scenario" / "logs").rglob("*")):
                if file.is_file():
                    ask(url + "/api/v1/intake/scenario", file.read_bytes(), {"authorization": f"Bearer {token}"})
            time.sleep(2)
            environment = {**os.environ, "QUELL_TOKEN": token, "QUELL_SESSION": session}
            command = [
                schemathesis, "--config-file", "tests/api/schemathesis.toml", "run", "schemas/openapi.json",
                "--url", url, "--seed", "1", "--max-examples", "20", "--workers", "1", "--no-color",
            ]
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            server.terminate()
            server.wait(timeout=30)


if __name__ == "__main__":
    sys.exit(main())
