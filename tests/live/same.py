"""The same records give the same incidents by `quell investigate` and by a live server.

Usage: same.py QUELL [STORAGE-URL]. Prints a line for each scenario; exit code 1 if one differs.
"""

import json
import subprocess
import sys
import tempfile
import time

from server import Server

SCENARIOS = ["cloud-credential-theft", "host-phishing-lateral"]


def told(quell, logs):
    printed = subprocess.run([quell, "investigate", logs, "--json", "--quiet"], check=True, stdout=subprocess.PIPE)
    return {incident["id"]: incident["title"] for incident in json.loads(printed.stdout)["incidents"]}


def live(server):
    items = server.pages("/api/v1/incidents?limit=500", None)
    return {item["id"]: item["title"] for item in items if item["status"] not in ("merged", "withdrawn")}


def main():
    quell, storage = sys.argv[1], (sys.argv[2] if len(sys.argv) > 2 else None)
    different = 0
    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory() as folder:
            render = [quell, "scenario", "render", scenario, "--out", f"{folder}/s", "--background", "60"]
            subprocess.run(render, check=True)
            expected = told(quell, f"{folder}/s/logs")
            server = Server(quell, f"{folder}/data", storage).start().set_up()
            try:
                server.deliver_folder(f"{folder}/s/logs")
                server.wait_until_matched()
                deadline = time.monotonic() + 20
                while (found := live(server)) != expected and time.monotonic() < deadline:
                    time.sleep(0.5)
            finally:
                server.stop()
        word = "same incidents" if found == expected else f"DIFFERENT: {expected} and {found}"
        different += found != expected
        print(f"{scenario}: {len(expected)} by files, {len(found)} live: {word}")
        # A second scenario in one database would meet the first one's incidents.
        if storage:
            break
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
