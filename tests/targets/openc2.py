"""A packet filter that takes commands of OpenC2 with the profile SLPF, and carries them out with nft in a network namespace.

    python3 openc2.py PORT NAMESPACE
"""
import http.server
import ipaddress
import json
import subprocess
import sys

PORT, SPACE = int(sys.argv[1]), sys.argv[2]
RULES = {}


def nft(text):
    subprocess.run(["ip", "netns", "exec", SPACE, "nft", "-f", "-"], input=text, text=True, check=True)


def apply():
    """All rules anew, in one transaction."""
    lines = []
    for net in RULES.values():
        family = "ip" if net.version == 4 else "ip6"
        lines += [f"add rule inet openc2 {chain} {family} {side} {net} drop" for chain in ("in", "out") for side in ("saddr", "daddr")]
    nft("\n".join(["flush chain inet openc2 in", "flush chain inet openc2 out", *lines, ""]))


def obey(command):
    """Status and what else a response says (Language 1.0, 3.3.2)."""
    action, target = command.get("action"), command.get("target", {})
    slpf = command.get("args", {}).get("slpf", {})
    if action == "query" and "features" in target:
        return 200, {"results": {"profiles": ["slpf"]}}
    if action == "deny" and set(target) <= {"ipv4_net", "ipv6_net"} and len(target) == 1:
        rule = slpf.get("insert_rule", max(RULES, default=0) + 1)
        if rule in RULES:
            return 400, {"status_text": f"rule {rule} is there already"}
        RULES[rule] = ipaddress.ip_network(*target.values())
        apply()
        return 200, {"results": {"slpf": {"rule_number": rule}}}
    if action == "delete" and "slpf:rule_number" in target:
        if RULES.pop(target["slpf:rule_number"], None) is None:
            return 400, {"status_text": "there is no such rule"}
        apply()
        return 200, {}
    return 501, {"status_text": "not implemented"}


class Consumer(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        command = json.loads(self.rfile.read(int(self.headers["content-length"])))
        try:
            status, more = obey(command)
        except (ValueError, subprocess.CalledProcessError) as error:
            status, more = 500, {"status_text": str(error)}
        data = json.dumps({"status": status, **more}).encode()
        # HTTP says that the command arrived; what came of it is in the response.
        self.send_response(200)
        self.send_header("content-type", "application/openc2-rsp+json;version=1.0")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


nft("add table inet openc2\n"
    "add chain inet openc2 in { type filter hook input priority 0; policy accept; }\n"
    "add chain inet openc2 out { type filter hook output priority 0; policy accept; }\n")
http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Consumer).serve_forever()
