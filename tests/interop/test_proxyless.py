"""gRPC applications without a proxy in four languages, called and calling by Heddle's control plane; and each check red where it leaves something out."""

import collections
import itertools
import json
import os
import pathlib
import queue
import shutil
import signal
import ssl
import socket
import subprocess
import sys
import threading

import pytest
from conftest import HEDDLE, ROOT, envoy_binary, eventually, fetch, free_port

HERE = pathlib.Path(__file__).resolve().parent / "proxyless"
sys.path.insert(0, str(HERE))
import faults  # noqa: E402

BUILT = ROOT / "tests/target/proxyless"
LANGUAGES = ["java", "go", "python", "node"]
# Names of instances that are no proxyless servers, by the service that they are behind.
PLAIN = ["echo-a", "echo-b", "near-a", "near-b", "near-c", "away-b", "away-c", "uneven-b", "uneven-c", "limited",
         *(f"flaky-{n}" for n in range(6))]
PLACES = {"near-a": "eu/a", "near-b": "eu/b", "near-c": "us/c", "away-a": "eu/a", "away-b": "eu/b", "away-c": "us/c",
          "uneven-b": "eu/b", "uneven-c": "eu/c"}
# What the second control plane takes out of what it says of the service: then the check of that name must be red.
FAULTS = [("config.route.v3.RouteConfiguration", ["default/echo"], faults.ROUTE_HEADERS),
          ("config.endpoint.v3.ClusterLoadAssignment", ["default/near"], faults.PRIORITY),
          ("config.endpoint.v3.ClusterLoadAssignment", ["default/uneven"], faults.LOCALITY_WEIGHT),
          ("config.cluster.v3.Cluster", ["default/limited"], faults.CIRCUIT_BREAKERS),
          ("config.cluster.v3.Cluster", ["default/flaky"], faults.OUTLIER_DETECTION),
          ("config.cluster.v3.Cluster", ["default/secure-"], faults.CLUSTER_TLS),
          ("config.listener.v3.Listener", ["heddle/server/"], faults.SERVER_TLS)]


def build():
    """The four applications; what is there already is kept."""
    mark = json.dumps([p.read_text() for p in sorted(HERE.rglob("*")) if p.is_file() and p.suffix != ".pyc"])
    if (BUILT / "mark").exists() and (BUILT / "mark").read_text() == mark:
        return
    shutil.rmtree(BUILT, ignore_errors=True)
    for part in ("go", "node", "java"):
        shutil.copytree(HERE / part, BUILT / part)
    jobs = [
        (["go", "build", "-o", "peer", "."], "go", {"GOFLAGS": "-mod=mod"}),
        (["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--silent"], "node", {}),
        (["mvn", "-B", "-ntp", "-q", "dependency:copy-dependencies", "-DoutputDirectory=lib"], "java", {}),
    ]
    running = [subprocess.Popen(command, cwd=BUILT / where, env={**os.environ, **env}) for command, where, env in jobs]
    assert [p.wait(300) for p in running] == [0, 0, 0]
    javac = str(pathlib.Path(java()).with_name("javac"))
    subprocess.run([javac, "-cp", "lib/*", "-d", "classes", "Peer.java"], cwd=BUILT / "java", check=True)
    (BUILT / "mark").write_text(mark)


def java():
    return subprocess.run([HEDDLE, "--java"], capture_output=True, text=True, check=True).stdout.strip()


def command(language):
    return {"go": [str(BUILT / "go/peer")], "node": ["node", str(BUILT / "node/peer.js")], "python": [sys.executable, str(HERE / "python/peer.py")],
            "java": [java(), "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
                     f"{BUILT}/java/classes:{BUILT}/java/lib/*", "Peer"]}[language]


def certificates(folder):
    """An authority, and one certificate for everybody here."""
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=folder)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=authority")
    openssl("req", *curve, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=app")
    (folder / "ext").write_text("subjectAltName=DNS:app.mesh.example\nextendedKeyUsage=serverAuth,clientAuth\n")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext",
            "-out", "cert.pem")


class Client:
    """An application that calls; it has one channel for each service."""

    rounds = 3  # in which an instance that fails is to be found out

    def __init__(self, world, language, bootstrap):
        self.process = world.start(pathlib.Path(bootstrap).stem, [*command(language), "client"], bootstrap, talks=True)
        self.lines = queue.Queue()
        threading.Thread(target=lambda: [self.lines.put(line) for line in itertools.chain(self.process.stdout, [""])], daemon=True).start()

    def say(self, service, body="", count=1, headers=None, at_once=False, apart=0):
        asked = {"target": f"xds:///{service}", "body": body, "count": count, "headers": headers or {}, "atOnce": at_once, "apart": apart}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return json.loads(self.lines.get(timeout=60))


class World:
    def __init__(self, state):
        self.state, self.processes, self.relays = state, [], []
        self.api, self.xds = f"http://127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        self.ports = {name: free_port() for name in [*PLAIN, "away-a", *(f"{kind}-{one}" for kind in ("secure", "broken") for one in LANGUAGES)]}

    def start(self, name, command, bootstrap=None, talks=False):
        log = open(self.state / f"{name}.log", "ab")
        env = {**os.environ, **({"GRPC_XDS_BOOTSTRAP": bootstrap} if bootstrap else {})}
        pipe = subprocess.PIPE if talks else None
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe or log, stderr=log, cwd=ROOT, env=env, text=talks)
        self.processes.append(process)
        return process

    def printed(self, *options):
        """A bootstrap for NAME, which the others differ from in their name, address and control plane alone."""
        return subprocess.run([HEDDLE, "bootstrap", "--grpc", "--service", "name", "--control", self.xds, *options, "--certificate",
                               str(self.state / "cert.pem"), "--key", str(self.state / "key.pem"), "--ca", str(self.state / "ca.pem")],
                              capture_output=True, text=True, check=True).stdout

    def bootstrap(self, name, printed, xds=None, listen=""):
        text = printed.replace('"name"', f'"{name}"').replace("~name", f"~{name}").replace(self.xds, xds or self.xds)
        path = self.state / f"{name}.json"
        path.write_text(text.replace("127.0.0.1:9", listen))
        return str(path)

    def objects(self):
        services = collections.defaultdict(list)
        for name in self.ports:
            services[name if name.startswith(("secure", "broken")) else name.partition("-")[0]].append(name)
        text = ""
        for service, names in services.items():
            text += f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {service}}}\nspec: {{ports: [{{port: 80, appProtocol: grpc}}]}}\n"
            for name in names:
                place = f", locality: {PLACES[name]}" if name in PLACES else ""
                weight = ", weight: 3" if name == "uneven-b" else ""
                text += (f"---\napiVersion: heddle.io/v1alpha1\nkind: WorkloadEntry\nmetadata: {{name: {name}}}\n"
                         f"spec: {{address: 127.0.0.1, ports: {{grpc: {self.ports[name]}}}, service: {service}{place}{weight}}}\n")
        for name in ("echo-a", "echo-b"):
            text += (f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 80, appProtocol: grpc}}]}}\n"
                     f"---\napiVersion: heddle.io/v1alpha1\nkind: WorkloadEntry\nmetadata: {{name: only-{name}}}\n"
                     f"spec: {{address: 127.0.0.1, ports: {{grpc: {self.ports[name]}}}, service: {name}}}\n")
        tls = "".join(f"  - {{group: \"\", kind: Service, name: {s}}}\n" for s in services if s.startswith(("secure", "broken")))
        authority = "".join("    " + line + "\n" for line in (self.state / "ca.pem").read_text().splitlines())
        return text + (HERE / "objects.yaml").read_text().replace("{TLS}\n", tls).replace("{CA}\n", authority)

    def run(self):
        certificates(self.state)
        self.start("control", [HEDDLE, "control", "--state", str(self.state / "control"), "--api-address", self.api[7:], "--xds-address", self.xds])
        self.start("plain", [*command("go"), "plain", *(w for n in PLAIN for w in (f"127.0.0.1:{self.ports[n]}", n))])
        eventually(lambda: fetch(self.api + "/healthz")[0] == 200, 60, "the control plane")
        code, answer, _ = fetch(self.api + "/api/v1/apply", "POST", self.objects().encode(), timeout=30)
        assert code == 200, answer
        self.relays.append(faults.Relay(self.xds, FAULTS))
        server = self.printed("--listen", "127.0.0.1:9")
        self.calling = self.printed("--locality", "eu/a")
        for language in LANGUAGES:
            for kind, xds in (("secure", self.xds), ("broken", self.relays[0].address)):
                name = f"{kind}-{language}"
                # Java's server takes all addresses of the machine.
                listen = f"{'0.0.0.0' if language == 'java' else '127.0.0.1'}:{self.ports[name]}"
                self.start(f"serve-{name}", [*command(language), "serve", listen, name], self.bootstrap(name, server, xds, listen))

    def client(self, language, xds=None):
        return Client(self, language, self.bootstrap(f"client-{language}-{len(self.processes)}", self.calling, xds))

    def end(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for relay in self.relays:
            relay.end()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    build()
    made = World(tmp_path_factory.mktemp("proxyless"))
    try:
        made.run()
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module", params=LANGUAGES)
def client(request, world):
    return world.client(request.param)


def routes_by_header_and_weight(client):
    assert set(client.say("echo", count=20, headers={"to": "b"})) == {"echo-b"}
    seen = collections.Counter(client.say("echo:80", count=400))
    assert set(seen) == {"echo-a", "echo-b"} and 40 <= seen["echo-b"] <= 130, seen


def prefers_what_is_near(client):
    assert set(client.say("near", count=20)) == {"near-a"}
    assert set(client.say("away.default", count=20)) == {"away-b"}, "the instance in its zone does not answer, the one in its region does"


def weighs_localities(client):
    seen = collections.Counter(client.say("uneven", count=200))
    assert set(seen) == {"uneven-b", "uneven-c"} and 25 <= seen["uneven-c"] <= 80, seen


def bounds_requests_at_once(client):
    client.say("limited")  # is connected
    # Apart, as some libraries count a call a moment after they have found it a place.
    answers = client.say("limited", "sleep:2500", 6, at_once=True, apart=100)
    assert [answer.partition(":")[0] for answer in answers] == ["limited"] * 2 + ["UNAVAILABLE"] * 4, answers


def ejects_what_fails(client):
    assert "INTERNAL: as asked" in client.say("flaky", "fail:flaky-3", 60)
    for _ in range(client.rounds):
        client.say("flaky", "fail:flaky-3", 900, at_once=True)
        client.say("echo-a", "sleep:2200")  # the counts are looked at every two seconds
        if set(client.say("flaky", "fail:flaky-3", 24)) == {f"flaky-{n}" for n in range(6) if n != 3}:
            return
    raise AssertionError("flaky-3 still gets calls")


def calls_every_language_over_tls(client):
    for language in LANGUAGES:
        assert client.say(f"secure-{language}") == [f"secure-{language}"]


CHECKS = [routes_by_header_and_weight, prefers_what_is_near, weighs_localities, bounds_requests_at_once, ejects_what_fails,
          calls_every_language_over_tls]


@pytest.mark.parametrize("check", CHECKS)
def test_a_client(client, check):
    check(client)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_server_wants_a_certificate_of_its_clients(world, language):
    context = ssl.create_default_context(cafile=world.state / "ca.pem")
    context.set_alpn_protocols(["h2"])
    port = world.ports[f"secure-{language}"]
    def greeted(certificate):
        if certificate:
            context.load_cert_chain(world.state / "cert.pem", world.state / "key.pem")
        with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain, server_hostname="app.mesh.example") as secured:
            secured.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
            return secured.recv(9)
    def refused():
        try:
            return greeted(False) == b""
        except ssl.SSLError:
            return True
    assert eventually(refused, 10, "no answer without a certificate")
    assert eventually(lambda: greeted(True), 10, "an answer with one")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_check_is_red_where_the_control_plane_leaves_something_out(world, language):
    client = world.client(language, world.relays[0].address)
    client.rounds = 1
    green = []
    for check in CHECKS:
        try:
            check(client)
            green.append(check.__name__)
        except AssertionError:
            pass
    assert green == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_server_that_is_not_told_of_tls_is_found_out(world, client, language):
    answer = client.say(f"broken-{language}")
    assert answer[0].startswith("UNAVAILABLE"), answer


def test_load_is_reported_by_every_language(world):
    def reporters():
        clusters = json.loads(fetch(world.api + "/api/v1/load")[1])["clusters"]
        return [load["reporters"] for c in clusters if c["cluster"] == "default/echo-a" for load in c["localities"]]
    eventually(lambda: reporters() and max(reporters()) >= len(LANGUAGES), 20, "the load of echo-a, of four clients")


def test_bootstraps_speak_tls_to_the_control_plane_and_show_a_token(world):
    """Of these libraries Python's alone reads a token. And a real Envoy."""
    state = world.state / "secured"
    api, xds, port = f"https://127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}", free_port()
    world.start("secured", [HEDDLE, "control", "--access", "token", "--state", str(state), "--api-address", api[8:], "--xds-address", xds])
    ca, operator = state / "tls/ca.pem", state / "operator.token"
    eventually(lambda: operator.exists() and "ready" in (world.state / "secured.log").read_text(), 60, "the secured control plane")

    def heddle(*args, stdin=None):
        return subprocess.run([HEDDLE, *args], input=stdin, capture_output=True, text=True, check=True,
                              env={**os.environ, "HEDDLE_API": api, "HEDDLE_TOKEN_FILE": str(operator),
                                   "HEDDLE_CA": str(ca)}).stdout
    heddle("apply", "-f", "-", stdin=f"""
apiVersion: v1
kind: Service
metadata: {{name: echo}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: heddle.io/v1alpha1
kind: WorkloadEntry
metadata: {{name: echo}}
spec: {{address: 127.0.0.1, ports: {{grpc: {world.ports["echo-a"]}}}, service: echo}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge}}
spec:
  gatewayClassName: heddle
  listeners: [{{name: http, port: {port}, protocol: HTTP}}]
""")
    for name, service, form in (("app", "default/app", ["--jwt"]), ("edge", "gateway/default/edge", [])):
        heddle("token", "create", name, "--role", "proxy", "--service", service, "--out", str(state / f"{name}.token"), *form)
    text = heddle("bootstrap", "--grpc", "--service", "app", "--control", xds, "--control-ca", str(ca), "--token-file", str(state / "app.token"))
    (state / "app.json").write_text(text)
    os.environ["GRPC_EXPERIMENTAL_XDS_BOOTSTRAP_CALL_CREDS"] = "true"
    try:
        assert Client(world, "python", str(state / "app.json")).say("echo") == ["echo-a"]
    finally:
        del os.environ["GRPC_EXPERIMENTAL_XDS_BOOTSTRAP_CALL_CREDS"]
    text = heddle("bootstrap", "--envoy", "--gateway", "edge", "--control", xds, "--admin-port", "0", "--control-ca", str(ca),
                  "--token-file", str(state / "edge.token"))
    (state / "edge.yaml").write_text(text)
    world.start("envoy", [envoy_binary(), "-c", str(state / "edge.yaml"), "--disable-hot-restart", "-l", "warning", "--concurrency", "1"])
    eventually(lambda: fetch(f"http://127.0.0.1:{port}/")[0] == 404, 20, "Envoy's listener")
