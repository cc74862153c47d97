"""The shop with a stock Envoy in the place of every sidecar: five services in five languages, and of ours the control plane and the gateway alone."""

import collections
import os
import re
import signal
import subprocess
import time

import pytest
from conftest import HEDDLE, Mesh, envoy_binary, eventually, fetch, free_port
from test_mesh import language

ROUTE = """
apiVersion: v1
kind: Service
metadata: {{name: everywhere}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: everywhere}}
spec:
  parentRefs: [{{group: "", kind: Service, name: everywhere}}]
  rules:
  - filters: [{{type: ResponseHeaderModifier, responseHeaderModifier: {{set: [{{name: x-round, value: "{0}"}}]}}}}]
    backendRefs: [{{name: stock, port: 80}}]
"""


def option(entry, name):
    command = entry["command"]
    return command[command.index(name) + 1]


def instances(mesh):
    return {i["instance"] for s in mesh.status()["services"] for i in s["instances"] if i["health"] == "Healthy" and i["presence"] == "Live"}


def gone(pid):
    """Ended, or ended and not yet taken note of by who started it."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture(scope="module")
def mesh(tmp_path_factory):
    """One of its own: what was replaced in it is not what `up` has started and knows of."""
    m = Mesh(tmp_path_factory.mktemp("envoys") / "state")
    result = m.up()
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    yield m
    m.down()


@pytest.fixture(scope="module")
def envoys(mesh):
    """Every sidecar's place taken, port by port; in the end they are all back."""
    own = {name: entry for name, entry in mesh.run_files().items() if entry["role"] == "sidecar"}
    assert len(own) >= 5, own
    before = instances(mesh)
    processes, ports = [], {}
    try:
        for entry in own.values():
            os.kill(entry["pid"], signal.SIGTERM)
        eventually(lambda: all(gone(entry["pid"]) for entry in own.values()), 20, "our sidecars end")
        for name, entry in own.items():
            service, instance, app = option(entry, "--service"), option(entry, "--instance"), option(entry, "--port")
            inbound, outbound, admin = option(entry, "--inbound-port"), option(entry, "--outbound-port"), free_port()
            bootstrap = subprocess.run(
                [HEDDLE, "bootstrap", "--envoy", "--service", service, "--instance", instance, "--control", mesh.xds, "--port", app,
                 "--inbound-port", inbound, "--outbound-port", outbound, "--admin-port", str(admin)],
                capture_output=True, text=True, check=True).stdout
            path = mesh.state / f"{name}-envoy.yaml"
            path.write_text(bootstrap)
            processes.append(mesh.start(f"{name}-envoy", [envoy_binary(), "-c", str(path), "--disable-hot-restart", "-l", "warning", "--concurrency", "1"]))
            processes.append(mesh.start(f"{name}-register", [
                HEDDLE, "sidecar", "--register-only", "--service", service, "--instance", instance, "--port", app, "--inbound-port", inbound,
                "--version", option(entry, "--version"), "--address", "127.0.0.1", "--control", mesh.xds, "--health-path", "/healthz",
                "--state", str(mesh.state / f"{name}-register")]))
            ports[instance] = (outbound, admin)
        eventually(lambda: instances(mesh) == before, 60, "all instances are healthy behind their Envoys")
        eventually(lambda: all(p["state"] == "InSync" for p in mesh.status()["proxies"]), 15, "all Envoys are in sync")
        yield ports
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(15)
        for name, entry in own.items():
            mesh.start(f"{name}-back", entry["command"], entry["environment"])
        eventually(lambda: instances(mesh) == before, 60, "our own sidecars are back")


def test_the_shop_serves_with_envoys_in_all_places(mesh, envoys):
    seen = collections.Counter()

    def over_all():
        hops = mesh.hops()
        assert {h["service"] for h in hops} == {"web", "orders", "stock", "payments", "catalog"}, hops
        assert len({language(h) for h in hops}) == 5, hops
        seen.update(h["instance"] for h in hops)
        return set(seen) == set(envoys)

    eventually(over_all, 15, f"every instance answers: {set(envoys)}")
    for instance, (_, admin) in envoys.items():
        code, stats, _ = fetch(f"http://127.0.0.1:{admin}/stats?filter=downstream_rq_2xx")
        assert code == 200 and any(int(n) for n in re.findall(r"inbound.*: (\d+)", stats)), f"{instance}: {stats}"


def test_a_route_change_reaches_every_envoy(mesh, envoys):
    def round_of(outbound):
        code, _, headers = fetch(f"http://127.0.0.1:{outbound}/", headers={"Host": "everywhere"})
        return headers.get("x-round") if code == 200 else None

    try:
        for number in range(1, 4):
            code, answer = mesh.apply(ROUTE.format(number))
            assert code == 200, answer
            begun = time.monotonic()
            eventually(lambda: {round_of(outbound) for outbound, _ in envoys.values()} == {str(number)}, 5, f"change {number} at all", every=0.02)
            print(f"change {number} at {len(envoys)} Envoys after {time.monotonic() - begun:.3f} s")
        applied = mesh.cli("apply", "--wait", "-f", "-", stdin=ROUTE.format(4))
        assert applied.returncode == 0 and "In force at" in applied.stdout, applied.stdout + applied.stderr
        assert {round_of(outbound) for outbound, _ in envoys.values()} == {"4"}
    finally:
        mesh.delete("httproutes", "everywhere")
        mesh.delete("services", "everywhere")
