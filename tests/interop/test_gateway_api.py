"""The Gateway API's words, as a table of requests with their answers, held against Heddle's gateway and Envoy under Heddle's control plane."""

import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import sys

import pytest
from conftest import HEDDLE, ROOT, envoy_binary, eventually, fetch, free_port

HERE = pathlib.Path(__file__).resolve().parent / "gateway_api"
sys.path.insert(0, str(HERE))
import cases  # noqa: E402
import peers  # noqa: E402

ADDRESS = {"heddle": "127.0.0.1", "envoy": "127.0.0.2"}
GRPC_STATUS = {"UNIMPLEMENTED": "12", "UNAVAILABLE": "14"}


def certificate(folder, name, *hosts):
    key, cert = folder / f"{name}.key", folder / f"{name}.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key), "-out",
         str(cert), "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=" + ",".join("DNS:" + h for h in hosts)],
        check=True, capture_output=True)
    return cert, key


def secret(name, cert, key):
    indented = {k: "".join("    " + line + "\n" for line in path.read_text().splitlines()) for k, path in (("c", cert), ("k", key))}
    return (f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\ntype: kubernetes.io/tls\nstringData:\n"
            f"  tls.crt: |\n{indented['c']}  tls.key: |\n{indented['k']}")


def service(name, ports, protocol="", namespace="default", port=80):
    spoken = f", appProtocol: {protocol}" if protocol else ""
    text = (f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
            f"spec: {{ports: [{{port: {port}{spoken}}}]}}\n")
    for number, target in enumerate(ports):
        text += (f"---\napiVersion: heddle.io/v1alpha1\nkind: WorkloadEntry\nmetadata: {{name: {name}-{number}, namespace: {namespace}}}\n"
                 f"spec: {{address: 127.0.0.1, ports: {{http: {target}}}, service: {name}}}\n")
    return text


class World:
    """A control plane, both gateways, the services, and the ports by name."""

    def __init__(self, state):
        self.state = state
        self.processes = []
        self.ports = {name: free_port() for name in ("HTTP", "HTTPS", "PASS", "TCP")}
        self.outbound = {name: free_port() for name in ADDRESS}
        self.api = f"http://127.0.0.1:{free_port()}"
        self.xds = f"127.0.0.1:{free_port()}"
        names = ["v1", "v2", "v3", "v4", "v5", "v6", "w1", "w2"]
        self.services = {name: peers.http1(name) for name in names}
        self.services["slow"] = peers.http1("slow", delay=0.6)
        self.services["flaky"] = peers.http1("flaky")
        self.services["pair-1"], self.services["pair-2"] = peers.http1("pair-1"), peers.http1("pair-2")
        for name in ("grpc1", "grpc2", "grpc3"):
            self.services[name] = peers.http2(name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate(state, "behind", "one.pass.example"))
        self.services["secure1"] = peers.http1("secure1", context=context)

    def objects(self):
        text = (HERE / "objects.yaml").read_text()
        for name, port in self.ports.items():
            text = text.replace("{" + name + "}", str(port))
        for name, running in self.services.items():
            if name.startswith("grpc"):
                # The second one says nothing: that GRPCRoutes name it is enough.
                text += service(name, [running.port], "" if name == "grpc2" else "kubernetes.io/h2c")
            elif name == "secure1":
                text += service(name, [running.port], "tcp", port=443)
            elif not name.startswith("pair"):
                text += service(name, [running.port], namespace="far" if name.startswith("w") else "default")
        for name, behind in (("m-split", "v1"), ("m-plain", "v4"), ("m-filters", "v6"), ("m-nested", "v6")):
            text += service(name, [self.services[behind].port])
        text += service("m-far", [self.services["w1"].port], namespace="far") + service("caller", [])
        text += service("pair", [self.services["pair-1"].port, self.services["pair-2"].port]) + service("empty", [])
        text += secret("a", *certificate(self.state, "a", "a.tls.example")) + secret("wild", *certificate(self.state, "wild", "*.tls.example"))
        return text

    def start(self, name, command):
        log = open(self.state / f"{name}.log", "ab")
        self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT))

    def run(self):
        self.start("control", [HEDDLE, "control", "--state", str(self.state / "control"), "--api-address", self.api[7:], "--xds-address", self.xds])
        eventually(lambda: fetch(self.api + "/healthz")[0] == 200, 60, "the control plane")
        code, answer, _ = fetch(self.api + "/api/v1/apply", "POST", self.objects().encode())
        assert code == 200, answer
        self.start("heddle", [HEDDLE, "gateway", "--name", "edge", "--instance", "one", "--control", self.xds, "--bind", ADDRESS["heddle"], "--admin-port", "0",
                              "--state", str(self.state / "gateway")])
        bootstrap = subprocess.run(
            [HEDDLE, "bootstrap", "--envoy", "--gateway", "edge", "--control", self.xds, "--bind", ADDRESS["envoy"], "--admin-port", "0"],
            capture_output=True, text=True, check=True).stdout
        (self.state / "envoy.yaml").write_text(bootstrap)
        self.start("envoy", [envoy_binary(), "-c", str(self.state / "envoy.yaml"), "--disable-hot-restart", "-l", "warning", "--concurrency", "1"])
        self.run_sidecars()
        for gateway in ADDRESS:
            for name in self.ports:
                eventually(lambda: self.open(gateway, name), 60, f"port {name} of {gateway}")
            eventually(lambda: self.ask(gateway, "GET", "paths.example", "/", [])[0] == 200, 30, f"routes of {gateway}")

    def run_sidecars(self):
        """The callers of what is asked east-west: nobody calls them."""
        app = str(self.services["v6"].port)
        self.start("heddle-sidecar", [HEDDLE, "sidecar", "--service", "caller", "--instance", "caller-heddle", "--port", app, "--control", self.xds,
                                      "--inbound-port", "0", "--outbound-port", str(self.outbound["heddle"]), "--admin-port", "0",
                                      "--state", str(self.state / "sidecar")])
        bootstrap = subprocess.run(
            [HEDDLE, "bootstrap", "--envoy", "--service", "caller", "--instance", "caller-envoy", "--control", self.xds, "--port", app,
             "--inbound-port", str(free_port()), "--outbound-port", str(self.outbound["envoy"]), "--admin-port", "0"],
            capture_output=True, text=True, check=True).stdout
        (self.state / "envoy-sidecar.yaml").write_text(bootstrap)
        self.start("envoy-sidecar", [envoy_binary(), "-c", str(self.state / "envoy-sidecar.yaml"), "--disable-hot-restart", "-l", "warning", "--concurrency", "1"])

    def call(self, sidecar, method, host, path, headers):
        return peers.ask("127.0.0.1", self.outbound[sidecar], method, host, path, headers)

    def open(self, gateway, port):
        with peers.socket.create_connection((ADDRESS[gateway], self.ports[port]), 1):
            return True

    def ask(self, gateway, method, host, path, headers, port="HTTP", server_name=None):
        return peers.ask(ADDRESS[gateway], self.ports[port], method, host, path, headers, server_name)

    def get(self, plural, name, namespace="default"):
        return json.loads(fetch(f"{self.api}/api/v1/{plural}/{namespace}/{name}")[1])

    def end(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("gateway-api"))
    try:
        made.run()
        yield made
    finally:
        made.end()


def headers_of(words):
    return [tuple(word.split(":", 1)) for word in words]


def problems(expected, status, got, seen):
    """What of an expectation does not hold; `seen` is what the service saw."""
    first, *rest = expected
    answer = seen.get("backend") if status == 200 and seen else str(status)
    found = [] if answer == first else [f"answered by {answer}, not {first}"]
    for word in rest:
        side, _, what = word.rpartition(":") if word.startswith(("req:", "res:")) else ("", "", word)
        if word.startswith(("req:", "res:")):
            side, what = word[:3], word[4:]
            headers = seen.get("headers", {}) if side == "req" else got
            if what.startswith("!"):
                if what[1:] in headers:
                    found.append(f"{word}: {headers[what[1:]]}")
                continue
            name, value = what.split("=", 1)
            # Lists may have blanks behind their commas.
            actual = re.sub(r",\s+", ",", headers.get(name, "(absent)"))
            if actual != value:
                found.append(f"{word}: {actual}")
        else:
            name, value = word.split("=", 1)
            actual = {"path": seen.get("path"), "host": seen.get("headers", {}).get("host"), "location": got.get("location")}[name]
            if name == "location" and actual:
                # A port that is the scheme's own says nothing (RFC 3986, 6.2.3).
                actual = re.sub(r"^(https://[^/]+):443/|^(http://[^/]+):80/", r"\1\2/", actual)
                actual = re.sub(r"^https?://[^/]+", "", actual) if value.startswith("/") else actual
            if actual != value:
                found.append(f"{word}: {actual}")
    return found


def wrong_answers(world, table, ask):
    wrong = []
    for service in world.services.values():
        if hasattr(service, "tries"):
            service.tries.clear()
    for section, request, expected in table:
        request, expected = (text.replace("{HTTP}", str(world.ports["HTTP"])) for text in (request, expected))
        method, host, path, *words = request.split()
        try:
            status, got, body, _ = ask(method, host, path, headers_of(words))
        except OSError as e:
            wrong.append(f"{section}: {request}: {e!r}")
            continue
        seen = json.loads(body) if status == 200 and body.startswith("{") else {}
        expected = expected.split()
        if status == 200 and not seen:
            seen = {"backend": "200"}
        found = problems(expected, status, got, seen)
        wrong += [f"{section}: {request}: {problem}" for problem in found]
    return wrong


@pytest.mark.parametrize("gateway", ADDRESS)
def test_requests_are_answered_as_the_gateway_api_says(world, gateway):
    assert len(cases.HTTP) >= 150
    wrong = wrong_answers(world, cases.HTTP, lambda *request: world.ask(gateway, *request))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("sidecar", ADDRESS)
def test_calls_between_services_are_answered_as_the_gateway_api_says(world, sidecar):
    eventually(lambda: world.call(sidecar, "GET", "m-plain", "/", [])[0] == 200, 60, f"the sidecar, {sidecar}")
    wrong = wrong_answers(world, cases.MESH, lambda *request: world.call(sidecar, *request))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("gateway", ADDRESS)
def test_calls_are_answered_as_the_gateway_api_says(world, gateway):
    wrong = []
    for section, request, expected in cases.GRPC:
        path, *words = request.split()
        got, body = peers.call(ADDRESS[gateway], world.ports["HTTP"], "grpc.example", "/" + path, headers_of(words))
        first, *rest = expected.split()
        if first in GRPC_STATUS:
            if got.get("grpc-status") != GRPC_STATUS[first] or got.get(":status") != "200":
                wrong.append(f"{section}: {request}: {got}")
            continue
        if got.get("grpc-status") != "0":
            wrong.append(f"{section}: {request}: {got}")
            continue
        wrong += [f"{section}: {request}: {p}" for p in problems([first, *rest], 200, got, json.loads(body))]
    # What is no gRPC call is not the business of a GRPCRoute.
    assert world.ask(gateway, "POST", "grpc.example", "/shop.v1.Catalog/List", [])[0] == 404
    assert not wrong, "\n".join(wrong)


def common_name(der):
    text = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-subject"], input=der, capture_output=True, check=True).stdout
    return re.search(r"CN\s*=\s*(\S+)", text.decode()).group(1)


@pytest.mark.parametrize("gateway", ADDRESS)
def test_certificates_follow_the_server_name(world, gateway):
    """Gateway API, Listener.hostname and Listener.tls: the most specific listener for the server name."""
    for server_name, name in (("a.tls.example", "a"), ("b.tls.example", "wild"), ("x.y.tls.example", "wild")):
        status, _, body, der = world.ask(gateway, "GET", server_name, "/", [], "HTTPS", server_name)
        assert (status, json.loads(body)["backend"], common_name(der)) == (200, "v1", name), server_name
    for server_name in ("tls.example", "other.example", ""):
        with pytest.raises(OSError):
            world.ask(gateway, "GET", "a.tls.example", "/", [], "HTTPS", server_name)


@pytest.mark.parametrize("gateway", ADDRESS)
def test_tls_passes_through_and_tcp_goes_on(world, gateway):
    status, _, body, der = world.ask(gateway, "GET", "one.pass.example", "/x", [], "PASS", "one.pass.example")
    assert (status, json.loads(body)["backend"], common_name(der)) == (200, "secure1", "behind")
    with pytest.raises(OSError):
        world.ask(gateway, "GET", "two.pass.example", "/", [], "PASS", "two.pass.example")
    status, _, body, _ = world.ask(gateway, "GET", "whatever", "/tcp", [], "TCP")
    assert (status, json.loads(body)["backend"]) == (200, "v1")


@pytest.mark.parametrize("gateway", ADDRESS)
def test_copies_reach_the_mirror(world, gateway):
    seen = world.services["v6"].seen
    for number in range(5):
        world.ask(gateway, "GET", "mirror.example", f"/all/{gateway}{number}", [])
        world.ask(gateway, "GET", "mirror.example", f"/none/{gateway}{number}", [])
    eventually(lambda: all(f"/all/{gateway}{n}" in seen for n in range(5)), 10, "five copies")
    assert not [path for path in seen if path.startswith(f"/none/{gateway}")]


@pytest.mark.parametrize("gateway", ADDRESS)
def test_a_session_stays_with_its_instance(world, gateway):
    status, got, body, _ = world.ask(gateway, "GET", "session.example", "/cookie", [])
    assert status == 200 and got["set-cookie"].startswith("stay=")
    first = json.loads(body)["backend"]
    cookie = got["set-cookie"].split(";")[0]
    for _ in range(12):
        _, _, body, _ = world.ask(gateway, "GET", "session.example", "/cookie", [("cookie", cookie)])
        assert json.loads(body)["backend"] == first


def conditions(holder):
    return {c["type"]: (c["status"], c["reason"]) for c in holder["conditions"]}


def test_status_says_how_things_stand(world):
    status = eventually(
        lambda: (s := world.get("gateways", "edge")["status"]) and s["proxies"]["inSync"] == 2 and s, 20, "both gateways in sync")
    listeners = {item["name"]: item for item in status["listeners"]}
    assert conditions(listeners["https"])["Programmed"] == ("True", "Programmed")
    assert [k["kind"] for k in listeners["grpc-only"]["supportedKinds"]] == ["GRPCRoute"]
    assert listeners["tcp"]["attachedRoutes"] == 1
    assert conditions(world.get("httproutes", "strange", "far")["status"]["parents"][0])["Accepted"] == ("False", "NotAllowedByListeners")
    assert conditions(world.get("httproutes", "wrong-kind")["status"]["parents"][0])["Accepted"] == ("False", "NotAllowedByListeners")
    assert conditions(world.get("grpcroutes", "zz-late")["status"]["parents"][0])["Accepted"] == ("False", "Conflicted")
    assert conditions(world.get("httproutes", "backends")["status"])["ResolvedRefs"][1] in ("BackendNotFound", "RefNotPermitted")
    assert conditions(world.get("secrets", "a")["status"])["Programmed"] == ("True", "Programmed")
    assert "PRIVATE" not in json.dumps(world.get("secrets", "a"))
