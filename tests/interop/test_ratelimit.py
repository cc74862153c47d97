"""Two rate-limit services on one Redis, asked by two proxies: what both admit together is the limit, and without Redis each does as it was told."""

import json
import re
import signal
import socket
import subprocess
import threading
import time

import pytest
from conftest import HEDDLE, eventually, fetch, free_port

LIMIT = 500
SECONDS = 6
EVERY = 0.02
BATCH = 15
RULES = {"domain": "shop", "descriptors": [{"key": "generic_key", "value": "all", "rate_limit": {"unit": "second", "requests_per_unit": LIMIT}}]}


def proxy_config(port, behind, admin, limits, deny):
    """A listener that asks, before one that answers by itself."""
    def listener(name, at, filters, route):
        return {"name": name, "address": {"socket_address": {"address": "127.0.0.1", "port_value": at}}, "filter_chains": [{"filters": [{
            "name": "http", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": name, "http_filters": filters + [{
                    "name": "router", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
                "route_config": {"name": name, "virtual_hosts": [{"name": name, "domains": ["*"], "routes": [{"match": {"prefix": "/"}} | route]}]}}}]}]}

    def cluster(name, to):
        return {"name": name, "type": "STATIC", "connect_timeout": "1s", "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [
            {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": to}}}}]}]}}

    ask = {"name": "envoy.filters.http.ratelimit", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit", "domain": "shop", "timeout": "1s", "failure_mode_deny": deny,
        "rate_limit_service": {"transport_api_version": "V3", "grpc_service": {"envoy_grpc": {"cluster_name": "limits"}}}}}
    http2 = {"typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions", "explicit_http_config": {"http2_protocol_options": {}}}}}
    return {
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": admin}}},
        "static_resources": {
            "listeners": [
                listener("front", port, [ask], {"route": {"cluster": "back", "rate_limits": [{"actions": [{"generic_key": {"descriptor_value": "all"}}]}]}}),
                listener("back", behind, [], {"direct_response": {"status": 200}})],
            "clusters": [cluster("back", behind), cluster("limits", limits) | http2]}}


class World:
    def __init__(self, folder):
        self.folder = folder
        self.redis_port = free_port()
        self.processes = {}
        (folder / "rules.yaml").write_text(json.dumps(RULES))
        self.start_redis()
        self.limits = [free_port() for _ in range(2)]
        self.ports, self.admins = [free_port() for _ in range(2)], [free_port() for _ in range(2)]
        for i, port in enumerate(self.limits):
            self.start(f"limits-{i}", [HEDDLE, "ratelimit", "--rules", folder / "rules.yaml", "--address", f"127.0.0.1:{port}",
                                       "--redis", f"redis://127.0.0.1:{self.redis_port}", "--redis-timeout", "500ms"])
        for i, port in enumerate(self.ports):
            config = folder / f"proxy-{i}.json"
            config.write_text(json.dumps(proxy_config(port, free_port(), self.admins[i], self.limits[i], deny=i == 1)))
            self.start(f"proxy-{i}", [HEDDLE, "proxy", "-l", "warning", "-c", config, "--concurrency", "1", "--drain-time-s", "1"])

    def await_start(self):
        for admin in self.admins:
            eventually(lambda: fetch(f"http://127.0.0.1:{admin}/ready", timeout=1)[0] == 200, 60, "a proxy that is ready")

    def start(self, name, command):
        log = open(self.folder / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log)

    def start_redis(self):
        self.start("redis", ["redis-server", "--port", self.redis_port, "--bind", "127.0.0.1", "--save", "", "--dir", self.folder])

    def stop(self):
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def statuses(self, i, requests):
        """How many of some requests on one connection got which status."""
        with socket.create_connection(("127.0.0.1", self.ports[i]), 5) as s:
            s.settimeout(20)
            s.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n" * (requests - 1) + b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            found = re.findall(rb"HTTP/1\.1 (\d+)", b"".join(iter(lambda: s.recv(65536), b"")))
        return {int(status): found.count(status) for status in set(found)}

    def stat(self, i, name):
        found = re.search(rf"^{re.escape(name)}: (\d+)", fetch(f"http://127.0.0.1:{self.admins[i]}/stats")[1], re.M)
        return int(found[1]) if found else 0  # a counter is there from its first use on


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("ratelimit"))
    try:
        made.await_start()
        yield made
    finally:
        made.stop()


def load(port, until, seen):
    """More than the limit, in batches; notes how many were admitted when."""
    with socket.create_connection(("127.0.0.1", port), 5) as s:
        s.settimeout(20)
        due = time.monotonic()
        while time.time() < until:
            s.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n" * BATCH)
            answers = b""
            while answers.count(b"HTTP/1.1 ") < BATCH or not answers.endswith(b"\r\n\r\n") and b"request_rate" not in answers[-40:]:
                answers += s.recv(65536)
            seen.append((time.time(), answers.count(b"HTTP/1.1 200"), answers.count(b"HTTP/1.1 429")))
            due += EVERY
            time.sleep(max(0, due - time.monotonic()))


def test_two_servers_and_two_proxies_admit_one_limit(world):
    for i in range(2):
        eventually(lambda: world.stat(i, "cluster.back.ratelimit.ok") > 0 or world.statuses(i, 1) and False, 20, "a service that answers")
    # Whole seconds, the first left out: in it the limit is there at once.
    begin = int(time.time()) + 2
    seen = [[], []]
    threads = [threading.Thread(target=load, args=(port, begin + SECONDS + 0.1, into)) for port, into in zip(world.ports, seen)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    admitted = sum(ok for one in seen for at, ok, _ in one if begin <= at < begin + SECONDS)
    refused = sum(over for one in seen for at, _, over in one if begin <= at < begin + SECONDS)
    told = f"{admitted} admitted in {SECONDS} s, {refused} refused"
    assert refused, told
    assert admitted <= 1.02 * SECONDS * LIMIT, told
    # A machine that is busy with other things does not offer enough to fill every moment.
    if refused >= SECONDS * LIMIT / 2:
        assert admitted >= 0.98 * SECONDS * LIMIT, told
    leased = sum(world.stat(i, "cluster.back.ratelimit.leased") for i in range(2))
    asked = sum(world.stat(i, "cluster.limits.upstream_rq_total") for i in range(2))
    assert leased > 3 * asked, f"{leased} decided by leases, {asked} questions"


def test_without_redis_each_proxy_does_as_it_was_told(world):
    redis = world.processes.pop("redis")
    redis.kill()
    redis.wait()
    # The first lets requests pass, the second does not.
    eventually(lambda: world.statuses(0, 20) == {200: 20}, 10, "all pass")
    eventually(lambda: world.statuses(1, 20) == {500: 20}, 10, "none passes")
    assert world.stat(0, "cluster.back.ratelimit.failure_mode_allowed") > 0
    world.start_redis()
    eventually(lambda: world.statuses(1, 20) == {200: 20}, 20, "Redis counts again")
    counted = world.stat(0, "cluster.back.ratelimit.ok")
    eventually(lambda: world.statuses(0, 20) == {200: 20} and world.stat(0, "cluster.back.ratelimit.ok") >= counted + 20, 20, "the first proxy asks again")
