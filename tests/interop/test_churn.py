"""Instances that come, die, sicken and recover; a control plane and a sidecar killed under load."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import HEDDLE, ROOT, Mesh, envoy_binary, eventually, fetch, free_port

SECONDS = int(os.environ.get("HEDDLE_LOAD_SECONDS", "120"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    m = Mesh(tmp_path_factory.mktemp("pair") / "state")
    result = m.up("--instances", "2")
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    yield m
    m.down()


APP = """
import http.server, json, os, socketserver
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        sick = os.path.exists(os.environ['SICK'])
        body = json.dumps({'hops': [{'service': 'extra', 'instance': os.environ['INSTANCE']}]}).encode()
        self.send_response(503 if sick and self.path == '/healthz' else 200)
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
class S(socketserver.ThreadingMixIn, http.server.HTTPServer): daemon_threads = True
S(('127.0.0.1', int(os.environ['PORT'])), H).serve_forever()
"""


def start_instance(mesh, instance):
    port = free_port()
    sick = mesh.state / f"{instance}.sick"
    app = mesh.start(instance, [sys.executable, "-c", APP], {"PORT": str(port), "INSTANCE": instance, "SICK": str(sick)})
    sidecar = mesh.start(instance + "-sidecar", [
        HEDDLE, "sidecar", "--service", "extra", "--instance", instance, "--port", str(port), "--control", mesh.xds,
        "--inbound-port", "0", "--outbound-port", "0", "--admin-port", "0", "--health-path", "/healthz", "--state", str(mesh.state / instance)])
    return app, sidecar, sick


def answered_by(mesh, count=20):
    seen = set()
    for _ in range(count):
        code, text, _ = fetch(mesh.outbound() + "/", headers={"Host": "extra"})
        seen.add(json.loads(text)["hops"][0]["instance"] if code == 200 else code)
    return seen


def healthy(mesh):
    return {i["instance"] for i in mesh.instances("extra") if i["health"] == "Healthy"}


def test_instances_come_die_sicken_and_recover(pair):
    code, answer = pair.apply("apiVersion: v1\nkind: Service\nmetadata: {name: extra}\nspec:\n  selector: {heddle.io/service: extra}\n  ports: [{port: 80}]\n")
    assert code == 200, answer
    start_instance(pair, "extra-1")
    eventually(lambda: "extra-1" in healthy(pair), 15, "extra-1 healthy", every=0.01)
    eventually(lambda: answered_by(pair, 1) == {"extra-1"}, 1, "traffic to extra-1 within 1 s of being healthy", every=0.01)

    app, sidecar, sick = start_instance(pair, "extra-2")
    eventually(lambda: "extra-2" in healthy(pair), 15, "extra-2 healthy", every=0.01)
    eventually(lambda: "extra-2" in answered_by(pair, 4), 1, "traffic to extra-2 within 1 s", every=0.01)

    sick.touch()
    eventually(lambda: "extra-2" not in healthy(pair), 5, "extra-2 unhealthy after the threshold")
    eventually(lambda: answered_by(pair) == {"extra-1"}, 1, "no traffic to the sick one")
    sick.unlink()
    eventually(lambda: "extra-2" in answered_by(pair, 4), 5, "traffic to the recovered one")

    sidecar.kill()
    app.kill()
    sidecar.wait()
    app.wait()
    eventually(lambda: "extra-2" not in {i["instance"] for i in pair.instances("extra")}, 15, "extra-2 gone after the grace")
    eventually(lambda: answered_by(pair, 40) == {"extra-1"}, 1, "no traffic to the dead one")


class Clients:
    """Closed-loop clients; notes when each failure began and ended."""

    def __init__(self, port, count):
        self.port, self.total, self.failures = port, 0, []
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.loop, daemon=True) for _ in range(count)]
        for t in self.threads:
            t.start()

    def loop(self):
        connection = None
        while not self.ending.is_set():
            begun = time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                connection.request("GET", "/")
                response = connection.getresponse()
                body = response.read()
                failure = None if response.status == 200 else f"{response.status}: {body[:300]!r}"
            except (OSError, http.client.HTTPException) as e:
                failure, connection = repr(e), None
            with self.lock:
                self.total += 1
                if failure:
                    self.failures.append((begun, time.monotonic(), failure))

    def end(self):
        self.ending.set()
        for t in self.threads:
            t.join(30)


def restart(mesh, entry, name):
    return mesh.start(name, entry["command"], entry["environment"])


def ready(url):
    try:
        return fetch(url, timeout=1)[0] == 200
    except OSError:
        return False


def test_the_mesh_outlives_its_control_plane_and_a_sidecar(pair):
    runs = pair.run_files()
    control = runs["control"]
    name, victim = next((k, v) for k, v in sorted(runs.items()) if v["role"] == "sidecar" and k.startswith("stock"))

    clients = Clients(pair.gateway_port, 8)
    begun = time.monotonic()
    time.sleep(SECONDS * 0.15)
    os.kill(control["pid"], signal.SIGKILL)
    control_killed = time.monotonic()
    time.sleep(SECONDS * 0.25)

    os.kill(victim["pid"], signal.SIGKILL)
    sidecar_killed = time.monotonic()
    restart(pair, victim, name + "-again")
    eventually(lambda: ready(f"http://127.0.0.1:{victim['ports']['inbound']}/healthz"), 10, "the sidecar serving from disk", every=0.005)
    sidecar_back = time.monotonic()
    time.sleep(SECONDS * 0.2)

    restart(pair, control, "control-again")
    eventually(lambda: ready(pair.api + "/healthz"), 20, "the control plane back")
    control_back = time.monotonic()
    # Proxies reconnect by themselves; every one must be in sync soon.
    def in_sync():
        proxies = [p for p in pair.status()["proxies"] if p["state"] != "Disconnected"]
        return len(proxies) >= 11 and all(p["state"] == "InSync" for p in proxies)
    eventually(in_sync, 5, "all Heddle proxies in sync")
    in_sync_at = time.monotonic()
    time.sleep(max(0, SECONDS - (time.monotonic() - begun)))
    clients.end()

    print(f"{clients.total} requests, {len(clients.failures)} failed; sidecar back after {sidecar_back - sidecar_killed:.2f} s; "
          f"in sync {in_sync_at - control_back:.2f} s after the control plane")
    # Only what was in flight on, or dialled to, the killed sidecar before its restart may fail.
    excused = [f for f in clients.failures if f[0] <= sidecar_back and f[1] >= sidecar_killed]
    assert clients.failures == excused, [f for f in clients.failures if f not in excused][:3]
    assert not [f for f in clients.failures if f[1] < sidecar_killed], "failures after the control plane alone was killed"
    # The goal is 1 s; docs/status.md says where we stand. This bound only catches a sidecar that does not serve from disk.
    assert sidecar_back - sidecar_killed < 10
    assert clients.total >= (10_000 if SECONDS >= 120 else 100)
