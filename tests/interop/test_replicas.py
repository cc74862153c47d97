"""Three control planes on three members of etcd, which are killed and cut off under load: no request fails, no registration is lost."""

import base64
import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from conftest import HEDDLE, ROOT, eventually, fetch, free_port
from test_churn import APP, Clients

HEALED_WITHIN = 10
PASSWORD = "not-in-arguments"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Replicas:
    """Replica k reaches member i at 127.1.k.i, so that a firewall can tell replicas apart."""

    def __init__(self, folder):
        self.folder = folder
        self.members = [(free_port(), free_port()) for _ in range(3)]
        self.ports = [(free_port(), free_port()) for _ in range(3)]
        self.processes = {}
        self.rules = []
        self.make_certificates()

    def make_certificates(self):
        os.chdir(self.folder)
        names = ",".join(f"IP:127.1.{k}.{i}" for k in range(3) for i in range(3)) + ",IP:127.0.0.1,DNS:localhost"
        (self.folder / "names").write_text(f"subjectAltName={names}\n")
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=etcd authority",
            "-keyout", "ca.key", "-out", "ca.pem")
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=etcd", "-keyout", "etcd.key", "-out", "etcd.csr")
        run("openssl", "x509", "-req", "-in", "etcd.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "etcd.pem")
        (self.folder / "credentials").write_text(f"root:{PASSWORD}\n")
        os.chdir(ROOT)

    def start(self, name, command, env=None):
        log = open(self.folder / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **(env or {})}, cwd=ROOT)

    def kill(self, name):
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def start_member(self, i):
        client, peer = self.members[i]
        cluster = ",".join(f"m{j}=http://127.0.0.1:{p}" for j, (_, p) in enumerate(self.members))
        self.start(f"etcd-{i}", [
            "etcd", "--name", f"m{i}", "--data-dir", str(self.folder / f"etcd-{i}"), "--initial-cluster", cluster, "--initial-cluster-state", "new",
            "--listen-client-urls", f"https://0.0.0.0:{client}", "--advertise-client-urls", f"https://127.0.0.1:{client}",
            "--listen-peer-urls", f"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
            "--cert-file", str(self.folder / "etcd.pem"), "--key-file", str(self.folder / "etcd.key"), "--logger", "zap", "--log-level", "error"])

    def etcd(self, i, path, body, token=None):
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        request = urllib.request.Request(f"https://127.0.0.1:{self.members[i][0]}/v3/{path}", json.dumps(body).encode(), method="POST")
        if token:
            request.add_header("Authorization", token)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        with opener.open(request, timeout=5) as answer:
            return json.loads(answer.read())

    def start_etcd(self):
        for i in range(3):
            self.start_member(i)
        eventually(lambda: self.etcd(0, "kv/range", {"key": base64.b64encode(b"x").decode()}), 30, "etcd answers")
        self.etcd(0, "auth/user/add", {"name": "root", "password": PASSWORD})
        self.etcd(0, "auth/role/add", {"name": "root"})
        self.etcd(0, "auth/user/grant", {"user": "root", "role": "root"})
        self.etcd(0, "auth/enable", {})

    def leader(self):
        """The member that leads."""
        for i in range(3):
            token = self.etcd(i, "auth/authenticate", {"name": "root", "password": PASSWORD})["token"]
            status = self.etcd(i, "maintenance/status", {}, token)
            if status["leader"] == status["header"]["member_id"]:
                return i
        return None

    def store(self, k):
        members = ",".join(f"127.1.{k}.{i}:{client}" for i, (client, _) in enumerate(self.members))
        return ["--store", f"etcd://{members}/test", "--etcd-ca", str(self.folder / "ca.pem"), "--etcd-credentials", str(self.folder / "credentials")]

    def start_replica(self, k):
        api, xds = self.ports[k]
        self.start(f"replica-{k}", [
            HEDDLE, "control", "--state", str(self.folder / f"replica-{k}"), "--api-address", f"127.0.0.1:{api}", "--xds-address", f"127.0.0.1:{xds}",
            "--lease-grace", "5s", *self.store(k)])

    def migrate(self):
        """The store begins as that of a single control plane."""
        state, api = str(self.folder / "single"), free_port()
        self.start("single", [HEDDLE, "control", "--state", state, "--api-address", f"127.0.0.1:{api}", "--xds-address", "127.0.0.1:0"])
        eventually(lambda: fetch(f"http://127.0.0.1:{api}/healthz")[0] == 200, 60, "a single control plane serves")
        assert fetch(f"http://127.0.0.1:{api}/api/v1/apply", "POST", SERVICE.format(0, 80).encode())[0] == 200
        single = self.processes.pop("single")
        single.send_signal(signal.SIGTERM)
        single.wait(20)
        return run(HEDDLE, "migrate", "--state", state, *self.store(0))

    def ready(self, k, seconds=60):
        eventually(lambda: fetch(f"http://127.0.0.1:{self.ports[k][0]}/healthz")[0] == 200, seconds, f"replica {k} serves")

    @property
    def control(self):
        return ",".join(f"127.0.0.1:{xds}" for _, xds in self.ports)

    def start_sidecar(self, service, instance, outbound=0):
        port = free_port()
        self.start(instance, [sys.executable, "-c", APP], {"PORT": str(port), "INSTANCE": instance, "SICK": str(self.folder / "sick")})
        self.start(instance + "-sidecar", [
            HEDDLE, "sidecar", "--service", service, "--instance", instance, "--port", str(port), "--control", self.control,
            "--inbound-port", "0", "--outbound-port", str(outbound), "--admin-port", "0", "--state", str(self.folder / instance)])

    def apply(self, k, text):
        code, answer, _ = fetch(f"http://127.0.0.1:{self.ports[k][0]}/api/v1/apply", "POST", text.encode(), timeout=60)
        return code, json.loads(answer)

    def status(self, k, local=True):
        """What replica k knows by itself; else what all know, as it says."""
        return json.loads(fetch(f"http://127.0.0.1:{self.ports[k][0]}/api/v1/status" + ("?local=true" if local else ""), timeout=20)[1])

    def rollout(self, k, verb=""):
        return json.loads(fetch(f"http://127.0.0.1:{self.ports[k][0]}/api/v1/rollouts/latest{verb}", "POST" if verb else "GET", timeout=20)[1])

    def start_rollout(self, k, query, text):
        code, answer, _ = fetch(f"http://127.0.0.1:{self.ports[k][0]}/api/v1/rollouts?{query}", "POST", text.encode(), timeout=20)
        assert code == 200, answer
        return json.loads(answer)

    def healthy(self, k):
        return {i["instance"] for s in self.status(k)["services"] for i in s["instances"] if i["health"] == "Healthy"}

    def in_sync(self, ks, proxies):
        """All replicas at one revision, all proxies at one of them, and nobody behind."""
        every = [self.status(k) for k in ks]
        revisions = {s["revision"] for s in every} | {s["publishedRevision"] for s in every}
        connected = {p["id"] for s in every for p in s["proxies"] if p["state"] != "Disconnected"}
        behind = [o for s in every for o in s["objects"] if o["behind"] or o["rejected"]]
        return len(revisions) == 1 and connected == proxies and not behind

    def cut_off(self, k):
        for chain, side in (("INPUT", "-d"), ("INPUT", "-s")):
            rule = [chain, side, f"127.1.{k}.0/24", "-j", "DROP"]
            run("iptables", "-I", *rule)
            self.rules.append(rule)

    def heal(self):
        for rule in self.rules:
            run("iptables", "-D", *rule)
        self.rules.clear()

    def end(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.heal()
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: extra
  annotations: {{round: "{0}"}}
spec:
  selector: {{heddle.io/service: extra}}
  ports: [{{port: {1}}}]
"""

OTHER = SERVICE.replace("name: extra", "name: other").format(0, 80)


@pytest.fixture(scope="module")
def replicas(tmp_path_factory):
    r = Replicas(tmp_path_factory.mktemp("replicas"))
    try:
        r.start_etcd()
        moved = r.migrate()
        assert "1 objects and 1 past changes, at revision 1" in moved, moved
        for k in range(3):
            r.start_replica(k)
        for k in range(3):
            r.ready(k)
        yield r
    finally:
        r.end()


EXTRAS = {"extra-1", "extra-2", "extra-3"}
ALL = EXTRAS | {"caller-1"}
PROXIES = {f"sidecar~default~{name}" for name in ALL}


@pytest.fixture(scope="module")
def loaded(replicas):
    assert replicas.status(0)["revision"] == "1", "the store of the single control plane"
    outbound = free_port()
    for name in sorted(EXTRAS):
        replicas.start_sidecar("extra", name)
    replicas.start_sidecar("caller", "caller-1", outbound)
    eventually(lambda: replicas.healthy(0) == ALL, 60, "all instances are healthy")

    class Callers(Clients):
        HEADERS = {"Host": "extra"}

    eventually(lambda: fetch(f"http://127.0.0.1:{outbound}/", headers={"Host": "extra"})[0] == 200, 30, "requests are answered")
    clients = Callers(outbound, 4)
    try:
        yield replicas, clients
    finally:
        clients.end()


def nothing_lost(replicas, ks, seconds):
    """For so long every one of the replicas knows every instance."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for k in ks:
            assert replicas.healthy(k) == ALL, f"replica {k}"
        time.sleep(0.25)


def no_failure(clients):
    assert clients.total > 0
    assert not clients.failures, f"{len(clients.failures)} of {clients.total}: {clients.failures[:3]}"


def change(replicas, k, number):
    code, answer = replicas.apply(k, SERVICE.format(number, 80 + number))
    assert code == 200, answer
    return answer["revision"]


def test_every_replica_serves_every_proxy_and_every_write_is_everywhere(loaded):
    replicas, clients = loaded
    for k in range(3):
        eventually(lambda: replicas.healthy(k) == ALL, 10, f"replica {k} knows all instances")
        change(replicas, k, k + 1)
    eventually(lambda: replicas.in_sync(range(3), PROXIES), HEALED_WITHIN, "in sync")
    for k in range(3):
        everywhere = replicas.status(k, local=False)
        assert {p["id"] for p in everywhere["proxies"] if p["state"] == "InSync"} == PROXIES, f"replica {k} tells of all proxies"
        extra = next(o for o in everywhere["objects"] if o["name"] == "extra")
        assert (extra["inSync"], extra["behind"], extra["rejected"]) == (len(PROXIES), 0, 0), extra
        code, extent, _ = fetch(f"http://127.0.0.1:{replicas.ports[k][0]}/api/v1/extent?proxy=sidecar~default~extra-1", timeout=20)
        assert code == 200 and json.loads(extent)["clusters"], f"replica {k} describes a proxy that is connected anywhere: {extent}"
    no_failure(clients)


def test_killed_replica_loses_no_registration_and_its_rollout_goes_on(loaded):
    replicas, clients = loaded
    outbound = clients.port

    def known():
        """The same instances by another name."""
        return fetch(f"http://127.0.0.1:{outbound}/", headers={"Host": "other"})[0] == 200

    # One that has proxies.
    gone = max(range(3), key=lambda k: sum(p["state"] != "Disconnected" for p in replicas.status(k)["proxies"]))
    rest = [k for k in range(3) if k != gone]
    # The change is one of the caller, which is of the last stage.
    begun = replicas.start_rollout(gone, "stages=canary=proxy:sidecar~default~extra-1,all&soak=5s&patience=60s", OTHER)
    assert begun["leader"] == f"127.0.0.1:{replicas.ports[gone][1]}", begun

    def seen():
        now = replicas.rollout(rest[0]).get("now", {})
        return (now.get("connected"), now.get("staged"))

    eventually(lambda: seen() == (4, 1), 10, "another one sees the proxies of all, of which one is staged")
    assert not known(), "the caller is not staged"
    replicas.kill(f"replica-{gone}")
    change(replicas, rest[0], 10)
    eventually(lambda: replicas.in_sync(rest, PROXIES), HEALED_WITHIN, "in sync without it")
    # Longer than until the others notice (6 s) and the grace of its instances is over (5 s).
    nothing_lost(replicas, rest, 13)
    ended = eventually(lambda: [replicas.rollout(rest[1])] if replicas.rollout(rest[1])["phase"] != "running" else None, 40, "the rollout ends")[0]
    assert ended["phase"] == "completed", ended
    assert any("goes on in place of" in step["what"] for step in ended["steps"]), ended["steps"]
    eventually(known, 5, "the change is in force")
    replicas.start_replica(gone)
    replicas.ready(gone)
    eventually(lambda: replicas.in_sync(range(3), PROXIES) and replicas.healthy(gone) == ALL, HEALED_WITHIN, "in sync with it again")
    no_failure(clients)


def test_killed_member_of_etcd_is_done_without(loaded):
    replicas, clients = loaded
    leader = eventually(lambda: replicas.leader() is not None and [replicas.leader()], 20, "a member leads")[0]
    replicas.kill(f"etcd-{leader}")
    eventually(lambda: replicas.apply(1, SERVICE.format(20, 100))[0] == 200, 20, "a change goes through")
    eventually(lambda: replicas.in_sync(range(3), PROXIES), HEALED_WITHIN, "in sync without it")
    nothing_lost(replicas, range(3), 2)
    replicas.start_member(leader)
    eventually(lambda: replicas.apply(2, SERVICE.format(21, 101))[0] == 200, 20, "a change goes through")
    eventually(lambda: replicas.in_sync(range(3), PROXIES), HEALED_WITHIN, "in sync with it again")
    no_failure(clients)


def test_replica_behind_a_firewall_lets_its_proxies_go_and_catches_up(loaded):
    replicas, clients = loaded
    cut = max(range(3), key=lambda k: sum(p["state"] != "Disconnected" for p in replicas.status(k)["proxies"]))
    rest = [k for k in range(3) if k != cut]
    replicas.cut_off(cut)
    revision = change(replicas, rest[0], 30)
    nothing_lost(replicas, rest, 14)
    assert replicas.status(cut)["revision"] != revision, "it was cut off"
    code, answer = replicas.apply(cut, SERVICE.format(31, 111))
    assert code == 503 and "may or may not be durable" in json.dumps(answer) or "members" in json.dumps(answer), (code, answer)
    begun = replicas.start_rollout(rest[0], "stages=50%25,all&soak=60s", SERVICE.format(32, 112))
    assert begun["phase"] == "running"
    eventually(lambda: replicas.rollout(rest[1])["id"] == begun["id"], 5, "the other one knows it")
    assert replicas.rollout(rest[1], "/abort")["phase"] == "aborted"
    replicas.heal()
    eventually(lambda: replicas.in_sync(range(3), PROXIES), HEALED_WITHIN, "in sync after healing")
    eventually(lambda: replicas.healthy(cut) == ALL, HEALED_WITHIN, "it knows all instances")
    no_failure(clients)


def test_secrets_of_etcd_are_in_no_command_line(loaded):
    for process in loaded[0].processes.values():
        assert PASSWORD not in open(f"/proc/{process.pid}/cmdline").read()


def test_tokens_and_authority_are_those_of_all(replicas):
    states = [replicas.folder / f"secured-{k}" for k in range(2)]
    ports = [free_port() for _ in states]

    def call(k, path, token, method="GET", body=None):
        # The authority of the first is trusted, whoever answers.
        context = ssl.create_default_context(cafile=str(states[0] / "tls" / "ca.pem"))
        request = urllib.request.Request(f"https://127.0.0.1:{ports[k]}{path}", body and json.dumps(body).encode(), method=method)
        request.add_header("Authorization", f"Bearer {token}")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        try:
            with opener.open(request, timeout=5) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    for k, state in enumerate(states):
        store = replicas.store(k)
        store[1] = store[1].replace("/test", "/secured")
        replicas.start(f"secured-{k}", [
            HEDDLE, "control", "--access", "token", "--state", str(state), "--api-address", f"127.0.0.1:{ports[k]}", "--xds-address", "127.0.0.1:0", *store])
        if k == 0:
            eventually(lambda: (state / "operator.token").exists(), 60, "the first makes a token")
    operator = (states[0] / "operator.token").read_text().strip()
    for k in range(2):
        eventually(lambda: call(k, "/api/v1/tokens", operator)[0] == 200, 60, f"{k} knows the operator, over TLS of the same authority")
    assert not (states[1] / "operator.token").exists()
    code, made = call(1, "/api/v1/tokens", operator, "POST", {"name": "ci", "role": "view"})
    assert code == 200, made
    eventually(lambda: call(0, "/api/v1/status", made["token"])[0] == 200, 5, "a token that the other one made")
    assert call(0, "/api/v1/tokens/ci", operator, "DELETE")[0] == 200
    eventually(lambda: call(1, "/api/v1/status", made["token"])[0] == 401, 5, "revoked there, too")
    for k in range(2):
        replicas.kill(f"secured-{k}")
