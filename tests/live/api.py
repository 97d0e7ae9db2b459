"""Generated requests over every operation of the described API, by schemathesis, on a server with a scenario's data.

Usage: api.py QUELL SCHEMATHESIS. Exit code and closing lines are schemathesis's own.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

from server import Server


def main():
    quell, schemathesis = sys.argv[1:3]
    here = pathlib.Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        scenario = f"{folder}/scenario"
        subprocess.run([quell, "scenario", "render", "cloud-credential-theft", "--out", scenario], check=True)
        server = Server(quell, f"{folder}/data").start().set_up()
        try:
            server.deliver_folder(f"{scenario}/logs")
            server.wait_until_matched()
            environment = {**os.environ, "QUELL_TOKEN": server.token, "QUELL_SESSION": server.session}
            command = [
                schemathesis, "--config-file", str(here / "schemathesis.toml"), "run",
                str(here / "../../schemas/openapi.json"), "--url", server.url, "--seed", "1", "--max-examples", "20",
                "--workers", "1", "--no-color",
            ]
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
