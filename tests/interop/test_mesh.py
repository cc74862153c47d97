"""The shop in five real languages, and a stock Envoy in two of its places."""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
from conftest import HEDDLE, ROOT, envoy_binary, eventually, fetch, free_port

SERVICES = {"web": "node", "orders": "python", "stock": "go", "payments": "php", "catalog": "java"}


def language(hop):
    return re.sub(r"[^a-z].*", "", hop["language"].lower())


def test_a_request_crosses_five_services_in_five_languages(mesh):
    assert "twin" not in mesh.up_output.lower(), mesh.up_output
    hops = mesh.hops()
    assert {h["service"]: language(h) for h in hops} == SERVICES
    assert all(h["instance"] for h in hops) and all(h["version"] for h in hops)


def test_every_service_is_reached_through_its_sidecar(mesh):
    """One request's id stands in the inbound line of each service's own sidecar, and in the gateway's."""
    hops = mesh.hops()
    ids = {h["headers"]["x-request-id"] for h in hops}
    assert len(ids) == 1, hops
    request_id = ids.pop()
    logs = {p.stem: p for p in (mesh.state / "logs").glob("*.log")}
    for service in SERVICES:
        path = "/" if service == "web" else f"/{service}"
        sidecars = [p for name, p in logs.items() if name.startswith(service) and name.endswith("-sidecar")]
        assert sidecars, f"no log of a sidecar of {service} among {sorted(logs)}"
        eventually(lambda: any(f'"GET {path} HTTP/1.1" 200' in line and request_id in line
                               for p in sidecars for line in p.read_text().splitlines()), 5,
                   f"the line of {request_id} in the log of {service}'s sidecar")
    eventually(lambda: request_id in logs["gateway"].read_text(), 5, "the line of the gateway")


def wait_in_sync(mesh, proxy_part, seconds):
    def look():
        found = [p for p in mesh.status()["proxies"] if proxy_part in p["id"]]
        return found and all(p["state"] == "InSync" for p in found) and found
    return eventually(look, seconds, f"{proxy_part} in sync")


def test_envoy_serves_as_a_sidecar_with_the_same_hops(mesh):
    """An app of the mesh in Python, with a real Envoy before it, registered by `sidecar --register-only`."""
    before = collections.Counter((h["service"], language(h)) for h in mesh.hops())
    app, inbound, outbound, admin = (free_port() for _ in range(4))
    env = {"PORT": str(app), "INSTANCE": "orders-envoy", "VERSION": "v1", "OUTBOUND": f"http://127.0.0.1:{outbound}",
           "HTTP_PROXY_URL": f"http://127.0.0.1:{outbound}"}
    mesh.start("orders-envoy-app", ["python3", str(ROOT / "demo/services/orders.py")], env)
    bootstrap = subprocess.run(
        [HEDDLE, "bootstrap", "--envoy", "--service", "orders", "--instance", "orders-envoy", "--control", mesh.xds, "--port", str(app),
         "--inbound-port", str(inbound), "--outbound-port", str(outbound), "--admin-port", str(admin)],
        capture_output=True, text=True, check=True).stdout
    path = mesh.state / "envoy-sidecar.yaml"
    path.write_text(bootstrap)
    envoy = mesh.start("envoy-sidecar", [envoy_binary(), "-c", str(path), "--disable-hot-restart", "-l", "warning", "--concurrency", "1"])
    register = mesh.start("orders-register", [
        HEDDLE, "sidecar", "--register-only", "--service", "orders", "--instance", "orders-envoy", "--port", str(app),
        "--inbound-port", str(inbound), "--control", mesh.xds, "--health-path", "/healthz", "--state", str(mesh.state / "orders-envoy")])
    wait_in_sync(mesh, "orders-envoy", 15)
    eventually(lambda: any(i["instance"] == "orders-envoy" and i["health"] == "Healthy" for i in mesh.instances("orders")), 10,
               "orders-envoy healthy")
    # Heddle's own sidecars of orders go, in order, so that every request must cross the Envoy.
    own = {k: v for k, v in mesh.run_files().items() if v["role"] == "sidecar" and k.startswith("orders")}
    assert own
    for entry in own.values():
        os.kill(entry["pid"], signal.SIGTERM)
    try:
        eventually(lambda: [i["instance"] for i in mesh.instances("orders")] == ["orders-envoy"], 15, "the Envoy alone before orders")
        seen = collections.Counter()
        def through_envoy():
            hops = mesh.hops()
            assert collections.Counter((h["service"], language(h)) for h in hops) == before
            seen.update(h["instance"] for h in hops if h["service"] == "orders")
            assert set(seen) == {"orders-envoy"}, seen
            return seen["orders-envoy"] >= 20
        eventually(through_envoy, 15, "requests over the Envoy sidecar")
        code, stats, _ = fetch(f"http://127.0.0.1:{admin}/stats?filter=downstream_rq_2xx")
        assert code == 200 and any(int(v) >= 10 for v in re.findall(r"inbound.*: (\d+)", stats)), stats
    finally:
        for key, entry in own.items():
            mesh.start(key + "-again", entry["command"], entry["environment"])
        eventually(lambda: len(mesh.instances("orders")) == 1 + len(own), 15, "Heddle's own sidecars of orders back")
        register.send_signal(signal.SIGTERM)
        register.wait(15)
        eventually(lambda: all(i["instance"] != "orders-envoy" for i in mesh.instances("orders")), 5, "orders-envoy deregistered")
        envoy.send_signal(signal.SIGTERM)
        envoy.wait(15)


def test_envoy_serves_as_the_gateway_with_the_same_hops(mesh):
    before = collections.Counter((h["service"], language(h)) for h in mesh.hops())
    port, admin = free_port(), free_port()
    code, answer = mesh.apply(f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge-envoy}}
spec:
  gatewayClassName: heddle
  listeners:
  - {{name: http, port: {port}, protocol: HTTP}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: edge-envoy}}
spec:
  parentRefs:
  - {{kind: Gateway, name: edge-envoy}}
  rules:
  - backendRefs:
    - {{name: web, port: 80}}
""")
    assert code == 200, answer
    bootstrap = subprocess.run(
        [HEDDLE, "bootstrap", "--envoy", "--gateway", "edge-envoy", "--control", mesh.xds, "--admin-port", str(admin)],
        capture_output=True, text=True, check=True).stdout
    path = mesh.state / "envoy-gateway.yaml"
    path.write_text(bootstrap)
    mesh.start("envoy-gateway", [envoy_binary(), "-c", str(path), "--disable-hot-restart", "-l", "warning", "--concurrency", "1"])
    eventually(lambda: fetch(f"http://127.0.0.1:{port}/")[0] == 200, 15, "an answer through the Envoy gateway")
    for _ in range(20):
        hops = mesh.hops(f"http://127.0.0.1:{port}/")
        assert collections.Counter((h["service"], language(h)) for h in hops) == before


def test_what_envoy_refuses_is_named_on_its_object_and_the_rest_proceeds(mesh):
    """A regular expression over Envoy's limit on the size of its program, which Heddle's own validation lets through."""
    wait_in_sync(mesh, "edge-envoy", 15)
    bad = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: too-big}
spec:
  parentRefs:
  - {kind: Gateway, name: edge-envoy}
  rules:
  - matches:
    - path: {type: RegularExpression, value: "/[a-z]{900}x"}
    backendRefs:
    - {name: web, port: 80}
"""
    good = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: catalog-moves}
spec:
  parentRefs:
  - {kind: Service, name: catalog}
  rules:
  - filters:
    - type: ResponseHeaderModifier
      responseHeaderModifier: {set: [{name: x-moved, value: "yes"}]}
    backendRefs:
    - {name: catalog, port: 80}
"""
    code, answer = mesh.apply(bad + "---\n" + good)
    assert code == 200, answer
    started = time.monotonic()
    def named():
        status = mesh.get("httproutes", "too-big")["status"]
        text = json.dumps(status)
        return "edge-envoy" in text and ("rejected" in text.lower()) and status
    status = eventually(named, 5, "the refusal on the object's status")
    took = time.monotonic() - started
    print(f"refusal named after {took:.2f} s: {json.dumps(status)[:600]}")
    assert took < 2
    outbound = mesh.outbound()
    eventually(lambda: fetch(outbound + "/", headers={"Host": "catalog"})[2].get("x-moved") == "yes", 2, "the good route enforced")
    assert mesh.delete("httproutes", "too-big") in (200, 204)
    assert mesh.delete("httproutes", "catalog-moves") in (200, 204)
    wait_in_sync(mesh, "edge-envoy", 5)


def test_what_envoy_refuses_halts_a_staged_rollout_which_takes_itself_back(mesh):
    """Envoy is the canary, and refuses; the sidecars never see the change, and a corrected one goes through."""
    wait_in_sync(mesh, "edge-envoy", 15)
    canary = next(p["id"] for p in mesh.status()["proxies"] if "edge-envoy" in p["id"])
    change = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: staged-edge}
spec:
  parentRefs:
  - {kind: Gateway, name: edge-envoy}
  rules:
  - matches:
    - path: {type: RegularExpression, value: "%s"}
    backendRefs:
    - {name: web, port: 80}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: staged-catalog}
spec:
  parentRefs:
  - {kind: Service, name: catalog}
  rules:
  - filters:
    - type: ResponseHeaderModifier
      responseHeaderModifier: {set: [{name: x-staged, value: "yes"}]}
    backendRefs:
    - {name: catalog, port: 80}
"""
    def rollout():
        return json.loads(fetch(mesh.api + "/api/v1/rollouts/latest")[1])

    def staged():
        return fetch(mesh.outbound() + "/", headers={"Host": "catalog"})[2].get("x-staged")

    def start(text):
        result = mesh.cli("rollout", "start", "-f", "-", "--stages", f"canary=proxy:{canary},all", "--soak", "1s", "-o", "json", stdin=text)
        assert result.returncode == 0, result.stdout + result.stderr
        return json.loads(result.stdout)

    began = start(change % "/[a-z]{900}x")
    started = time.monotonic()
    ended = eventually(lambda: rollout()["phase"] == "rolled-back" and rollout(), 5, "rolled back by itself")
    took = time.monotonic() - started
    print(f"rolled back after {took:.2f} s: {ended['reason']}")
    assert took < 2
    assert ended["id"] == began["id"]
    for part in (canary, "ROUTES", "gateway/default/edge-envoy/", "HTTPRoute default/staged-edge", "regex"):
        assert part in ended["reason"], ended["reason"]
    assert mesh.cli("rollout", "status").returncode == 2
    wait_in_sync(mesh, "edge-envoy", 5)
    assert staged() is None
    assert mesh.get("httproutes", "staged-edge") is None

    start(change % "/[a-z]{9}x")
    eventually(lambda: rollout()["phase"] == "completed", 20, "the corrected change everywhere")
    eventually(lambda: staged() == "yes", 2, "the corrected change enforced")
    assert mesh.get("httproutes", "staged-edge") is not None
    for name in ("staged-edge", "staged-catalog"):
        assert mesh.delete("httproutes", name) in (200, 204)
    wait_in_sync(mesh, "edge-envoy", 5)


ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: catalog-split}
spec:
  parentRefs:
  - {kind: Service, name: catalog}
  rules:
  - backendRefs:
    - {name: catalog-v1, port: 80, weight: %d}
    - {name: catalog-v2, port: 80, weight: %d}
"""


def versions(mesh, count):
    outbound = mesh.outbound()
    def one(_):
        code, text, _ = fetch(outbound + "/", headers={"Host": "catalog"})
        assert code == 200, text
        return [h["version"] for h in json.loads(text)["hops"] if h["service"] == "catalog"][0]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return collections.Counter(pool.map(one, range(count)))


def test_weights_of_ninety_to_ten_are_kept_over_ten_thousand_requests(mesh):
    code, answer = mesh.apply(ROUTE % (90, 10))
    assert code == 200, answer
    eventually(lambda: (mesh.get("httproutes", "catalog-split")["status"].get("proxies") or {}).get("behind") == 0, 2, "status in sync")
    seen = versions(mesh, 10_000)
    print(seen)
    assert 880 <= seen["v2"] <= 1120 and seen["v1"] + seen["v2"] == 10_000


def test_a_change_is_enforced_within_a_second(mesh):
    outbound = mesh.outbound()
    for to_v2 in (True, False, True, False, True):
        code, answer = mesh.apply(ROUTE % ((0, 1) if to_v2 else (1, 0)))
        assert code == 200, answer
        begun = time.monotonic()
        want = "v2" if to_v2 else "v1"
        eventually(lambda: set(versions(mesh, 8)) == {want}, 1, f"only {want}", every=0.01)
        assert set(versions(mesh, 100)) == {want}
        print(f"{want} after {time.monotonic() - begun:.3f} s")
    assert mesh.delete("httproutes", "catalog-split") in (200, 204)


def test_a_route_to_an_unknown_service_says_so(mesh):
    code, answer = mesh.apply(ROUTE.replace("catalog-split", "lost").replace("catalog-v2", "nowhere") % (1, 0))
    assert code == 200, answer
    status = eventually(lambda: (mesh.get("httproutes", "lost") or {}).get("status"), 2, "status")
    assert "BackendNotFound" in json.dumps(status) and "nowhere" in json.dumps(status)
    assert mesh.delete("httproutes", "lost") in (200, 204)


def test_one_invalid_document_changes_nothing_and_every_error_is_listed(mesh):
    before = mesh.status()["revision"]
    code, answer = mesh.apply("""apiVersion: v1
kind: Service
metadata: {name: fine}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: "Not A Name"}
spec: {ports: [{port: 70000}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  parentRefs: [{kind: Service, name: fine}]
  rulez: []
""")
    assert code == 422
    fields = {(e["line"], e["field"]) for e in answer["errors"]}
    assert len(answer["errors"]) >= 3, answer
    assert any("name" in f for _, f in fields) and any("port" in f for _, f in fields) and any("rulez" in f for _, f in fields)
    assert all(e["line"] > 0 and e["code"].startswith("HDL-") for e in answer["errors"])
    assert mesh.status()["revision"] == before and mesh.get("services", "fine") is None
