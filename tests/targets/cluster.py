"""As much of the API of Kubernetes as Quell's actions and kubectl use, over TLS and with a token. It keeps what it is told; it runs
nothing, so what a network policy does to traffic is not shown by it. Real API servers are not in Debian, PyPI or npm.

    python3 cluster.py PORT CERTIFICATE KEY TOKEN
"""
import http.server
import json
import re
import ssl
import sys
import threading
import urllib.parse
import uuid

PORT, CERTIFICATE, KEY, TOKEN = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
LOCK = threading.Lock()
STORE, VERSION = {}, [100]
# Group, resource, kind, namespaced, further verbs.
KINDS = [
    ("v1", "namespaces", "Namespace", False), ("v1", "nodes", "Node", False), ("v1", "pods", "Pod", True),
    ("v1", "serviceaccounts", "ServiceAccount", True), ("apps/v1", "deployments", "Deployment", True),
    ("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", True),
    ("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding", True),
    ("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", False),
]
VERBS = ["get", "list", "create", "patch", "update", "delete"]


def version():
    VERSION[0] += 1
    return str(VERSION[0])


def merged(old, change):
    """A merge patch (RFC 7386)."""
    if not isinstance(change, dict) or not isinstance(old, dict):
        return change
    new = dict(old)
    for name, value in change.items():
        if value is None:
            new.pop(name, None)
        else:
            new[name] = merged(new.get(name, {}) if isinstance(value, dict) else None, value)
    return new


def made(group, kind, what):
    what = {"apiVersion": group, "kind": kind, **what}
    what["metadata"] = {**what["metadata"], "uid": str(uuid.uuid4()), "resourceVersion": version(),
                        "creationTimestamp": "2026-11-30T00:00:00Z"}
    return what


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def status(self, code, reason, message):
        self.answer(code, {"apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "reason": reason,
                           "message": message, "metadata": {}})

    def serve(self):
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            return self.status(401, "Unauthorized", "Unauthorized")
        path = urllib.parse.unquote(self.path.split("?")[0].strip("/"))
        if path == "api":
            return self.answer(200, {"kind": "APIVersions", "versions": ["v1"]})
        if path == "apis":
            groups = sorted({group for group, *_ in KINDS if "/" in group})
            entry = lambda group: {"groupVersion": group, "version": group.split("/")[1]}  # noqa: E731
            return self.answer(200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                {"name": group.split("/")[0], "versions": [entry(group)], "preferredVersion": entry(group)} for group in groups]})
        folder = re.fullmatch(r"api/v1|apis/([^/]+/[^/]+)", path)
        if folder:
            group = folder[1] or "v1"
            return self.answer(200, {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group, "resources": [
                {"name": name, "singularName": kind.lower(), "namespaced": within, "kind": kind, "verbs": VERBS}
                for of, name, kind, within in KINDS if of == group]})
        for group, resource, kind, within in KINDS:
            base = "api/v1" if group == "v1" else f"apis/{group}"
            place = rf"{base}/namespaces/(?P<space>[^/]+)/{resource}" if within else rf"{base}/{resource}"
            found = re.fullmatch(place + r"(/(?P<name>[^/]+))?(?P<scale>/scale)?", path)
            if found:
                parts = found.groupdict()
                with LOCK:
                    key = (resource, parts.get("space"), parts["name"])
                    return self.one(key, group, kind, body, parts["scale"]) if parts["name"] else \
                        self.many(key, group, kind, body)
        self.status(404, "NotFound", f"the server could not find {path}")

    def many(self, key, group, kind, body):
        if self.command == "GET":
            items = [what for (resource, space, _), what in STORE.items() if (resource, space) == key[:2]]
            return self.answer(200, {"apiVersion": group, "kind": f"{kind}List", "metadata": {}, "items": items})
        name = body["metadata"]["name"]
        key = (*key[:2], name)
        if key in STORE:
            return self.status(409, "AlreadyExists", f"{name} already exists")
        if key[1]:
            body["metadata"]["namespace"] = key[1]
        new = made(group, kind, body)
        if "dryRun=All" not in self.path:
            STORE[key] = new
        self.answer(201, new)

    def one(self, key, group, kind, body, scale):
        what = STORE.get(key)
        if what is None:
            return self.status(404, "NotFound", f"{key[0]} \"{key[2]}\" not found")
        if self.command == "DELETE":
            wanted = ((body or {}).get("preconditions") or {}).get("uid")
            if wanted and wanted != what["metadata"]["uid"]:
                return self.status(409, "Conflict", "the UID in the precondition does not match")
            return self.answer(200, STORE.pop(key))
        if self.command in ("PATCH", "PUT"):
            if self.command == "PATCH" and "merge-patch" not in self.headers.get("content-type", ""):
                return self.status(415, "UnsupportedMediaType", "only merge patches, and what merges as one")
            named = (body.get("metadata") or {}).pop("resourceVersion", None)
            if named and named != what["metadata"]["resourceVersion"]:
                return self.status(409, "Conflict", "the object has been modified")
            if scale:
                body = {"spec": {"replicas": body["spec"]["replicas"]}}
            STORE[key] = what = merged(what, body)
            what["metadata"]["resourceVersion"] = version()
        if scale:
            what = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": what["metadata"],
                    "spec": {"replicas": what["spec"].get("replicas", 1)}, "status": {"replicas": 0}}
        self.answer(200, what)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve


def seed(resource, name, space=None, **more):
    group, kind = next((group, kind) for group, of, kind, _ in KINDS if of == resource)
    metadata = {"name": name, **({"namespace": space} if space else {}), **more.pop("metadata", {})}
    STORE[(resource, space, name)] = made(group, kind, {"metadata": metadata, **more})


seed("namespaces", "shop")
seed("nodes", "node-1", spec={})
seed("pods", "web-7d4b-x1", "shop", metadata={"labels": {"app": "web", "pod-template-hash": "7d4b"}},
     spec={"containers": [{"name": "web", "image": "web:1"}]}, status={"phase": "Running"})
seed("pods", "miner", "shop", metadata={"labels": {"app": "miner"}}, spec={"containers": []}, status={"phase": "Running"})
seed("deployments", "web", "shop", spec={"replicas": 3, "selector": {"matchLabels": {"app": "web"}}})
seed("serviceaccounts", "deployer", "shop", metadata={"annotations": {"owner": "shop team"}})
for resource, name, space in (("rolebindings", "deployers", "shop"), ("clusterrolebindings", "quell:test", None)):
    seed(resource, name, space, metadata={"labels": {"team": "shop"}},
         roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
         subjects=[{"kind": "ServiceAccount", "name": "deployer", "namespace": "shop"}])

server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Api)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
# Hands are shaken by the thread of each connection: one that says nothing holds nobody up.
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
