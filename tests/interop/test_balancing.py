"""The same configuration and hosts in a real Envoy and in ours: hashed requests go to the same host one by one, random ones
are spread alike. The hosts are closed ports: whom a request was meant for stands in the access log."""

import collections
import http.client
import json
import pathlib
import signal
import subprocess
import time

import pytest

from conftest import HEDDLE, envoy_binary, eventually, free_port

KEYS = [f"user-{i}" for i in range(400)]
POLICIES = "type.googleapis.com/envoy.extensions.load_balancing_policies."


def endpoint(port, weight=1, metadata=None, hostname="", health="HEALTHY"):
    e = {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}, "hostname": hostname},
         "load_balancing_weight": weight, "health_status": health}
    if metadata:
        e["metadata"] = {"filter_metadata": {"envoy.lb": metadata}}
    return e


def locality(endpoints, zone="", weight=None, priority=0):
    entry = {"lb_endpoints": endpoints, "priority": priority}
    if zone:
        entry["locality"] = {"zone": zone}
    if weight is not None:
        entry["load_balancing_weight"] = weight
    return entry


def cluster(name, localities, policy=None, **fields):
    c = {"name": name, "type": "STATIC", "connect_timeout": "1s",
         "load_assignment": {"cluster_name": name, "endpoints": localities}}
    if policy:
        c["load_balancing_policy"] = {"policies": [{"typed_extension_config": {"name": "p", "typed_config": {
            "@type": POLICIES + policy[0], **policy[1]}}}]}
    c.update(fields)
    return c


PORTS = list(range(2, 14))  # Nothing listens on the ports below 20 of a loopback address.
EVEN = [locality([endpoint(p) for p in PORTS])]
WEIGHTED = [locality([endpoint(p, weight=1 + i % 4) for i, p in enumerate(PORTS)])]
KEYED = [locality([endpoint(p, metadata={"hash_key": f"shard-{i}"}) for i, p in enumerate(PORTS)])]
NAMED = [locality([endpoint(p, hostname=f"host-{i}.example") for i, p in enumerate(PORTS)])]
SICK = [locality([endpoint(p, health="UNHEALTHY" if p % 3 == 0 else "HEALTHY") for p in PORTS])]
DEAD = [locality([endpoint(p, health="HEALTHY" if p == 5 else "UNHEALTHY") for p in PORTS])]
ZONES = [locality([endpoint(p) for p in PORTS[:3]], "a", 1), locality([endpoint(p, weight=2 if p == 6 else 1) for p in PORTS[3:8]], "b", 3),
         locality([endpoint(p) for p in PORTS[8:]], "c", 2)]
TIERS = [locality([endpoint(p, health="HEALTHY" if p < 4 else "UNHEALTHY") for p in PORTS[:5]]),
         locality([endpoint(p) for p in PORTS[5:]], priority=1)]
DEGRADED = [locality([endpoint(p, health="DEGRADED" if p > 4 else "HEALTHY") for p in PORTS])]
SHARDS = [locality([endpoint(p, metadata={"stage": "prod" if p % 2 else "dev", "version": f"v{p % 3}"}) for p in PORTS])]

HASHED = {
    "ring": cluster("ring", EVEN, ("ring_hash.v3.RingHash", {})),
    "ring-weighted": cluster("ring-weighted", WEIGHTED, ("ring_hash.v3.RingHash", {"minimum_ring_size": 500})),
    "ring-small": cluster("ring-small", WEIGHTED, ("ring_hash.v3.RingHash", {"minimum_ring_size": 3, "maximum_ring_size": 17})),
    "ring-murmur": cluster("ring-murmur", WEIGHTED, lb_policy="RING_HASH", ring_hash_lb_config={"hash_function": "MURMUR_HASH_2"}),
    "ring-keyed": cluster("ring-keyed", KEYED, ("ring_hash.v3.RingHash", {})),
    "ring-named": cluster("ring-named", NAMED, ("ring_hash.v3.RingHash", {"consistent_hashing_lb_config": {"use_hostname_for_hashing": True}})),
    "ring-sick": cluster("ring-sick", SICK, ("ring_hash.v3.RingHash", {})),
    "ring-panic": cluster("ring-panic", DEAD, ("ring_hash.v3.RingHash", {})),
    "ring-zones": cluster("ring-zones", ZONES, ("ring_hash.v3.RingHash", {"locality_weighted_lb_config": {}})),
    "ring-tiers": cluster("ring-tiers", TIERS, ("ring_hash.v3.RingHash", {})),
    "maglev": cluster("maglev", EVEN, ("maglev.v3.Maglev", {})),
    "maglev-weighted": cluster("maglev-weighted", WEIGHTED, ("maglev.v3.Maglev", {"table_size": 5003})),
    "maglev-keyed": cluster("maglev-keyed", KEYED, ("maglev.v3.Maglev", {"table_size": 251})),
    "maglev-zones": cluster("maglev-zones", ZONES, ("maglev.v3.Maglev", {"table_size": 4099, "locality_weighted_lb_config": {}})),
    "maglev-tiers": cluster("maglev-tiers", TIERS, ("maglev.v3.Maglev", {})),
    "maglev-legacy": cluster("maglev-legacy", SICK, lb_policy="MAGLEV", maglev_lb_config={"table_size": 1009}),
}

SPREAD = {
    "random": cluster("random", WEIGHTED, ("random.v3.Random", {})),
    "round-robin": cluster("round-robin", WEIGHTED, ("round_robin.v3.RoundRobin", {})),
    "least-request": cluster("least-request", EVEN, ("least_request.v3.LeastRequest", {"choice_count": 3})),
    "least-request-weighted": cluster("least-request-weighted", WEIGHTED, ("least_request.v3.LeastRequest", {})),
    "zones": cluster("zones", ZONES, ("round_robin.v3.RoundRobin", {"locality_lb_config": {"locality_weighted_lb_config": {}}})),
    "tiers": cluster("tiers", TIERS, ("round_robin.v3.RoundRobin", {})),
    "degraded": cluster("degraded", DEGRADED, ("round_robin.v3.RoundRobin", {})),
    "panic": cluster("panic", DEAD, ("random.v3.Random", {})),
    "subset": cluster("subset", SHARDS, ("subset.v3.Subset", {
        "fallback_policy": "ANY_ENDPOINT", "subset_selectors": [{"keys": ["stage", "version"]}],
        "subset_lb_policy": {"policies": [{"typed_extension_config": {"name": "r", "typed_config": {"@type": POLICIES + "random.v3.Random"}}}]}})),
}

SUBSET_MATCH = {"metadata_match": {"filter_metadata": {"envoy.lb": {"stage": "prod", "version": "v1"}}}}


def bootstrap(clusters, port, admin, log):
    routes = []
    for name in clusters:
        action = {"cluster": name, "hash_policy": [{"header": {"header_name": "x-key"}}], **(SUBSET_MATCH if name == "subset" else {})}
        routes.append({"match": {"prefix": f"/{name}/"}, "route": action})
    return {
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": admin}}},
        "static_resources": {
            "listeners": [{"name": "in", "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}, "filter_chains": [{"filters": [{
                "name": "hcm", "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                    "stat_prefix": "in",
                    "access_log": [{"name": "f", "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog", "path": str(log),
                        "log_format": {"text_format_source": {"inline_string": "%REQ(:PATH)% %REQ(x-key)% %UPSTREAM_HOST%\n"}}}}],
                    "route_config": {"name": "r", "virtual_hosts": [{"name": "v", "domains": ["*"], "routes": routes}]},
                    "http_filters": [{"name": "router", "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}}]}]}],
            "clusters": list(clusters.values())}}


class Proxy:
    """One of the two, under the same configuration."""

    def __init__(self, folder, name, command, clusters):
        self.port, self.admin = free_port(), free_port()
        self.log = folder / f"{name}.log"
        config = folder / f"{name}.json"
        config.write_text(json.dumps(bootstrap(clusters, self.port, self.admin, self.log)))
        self.errors = open(folder / f"{name}.err", "w")
        self.process = subprocess.Popen([*command, "-c", str(config)], stdout=self.errors, stderr=self.errors)
        eventually(self.ready, 60, f"{name} to serve; see {self.errors.name}")

    def ready(self):
        assert self.process.poll() is None, pathlib.Path(self.errors.name).read_text()[-2000:]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", "/none/")
        return connection.getresponse().status == 404

    def send(self, requests):
        """Sends (path, key) pairs and returns the upstream host of each, in order."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        begin = len(self.lines())
        for path, key in requests:
            connection.request("GET", path, headers={"x-key": key})
            connection.getresponse().read()
        connection.close()
        lines = eventually(lambda: (l := self.lines()[begin:]) and len(l) >= len(requests) and l, 30, "the access log")
        by_request = {(l[0], l[1]): l[2] for l in lines}
        return [by_request[r] for r in requests]

    def lines(self):
        text = self.log.read_text() if self.log.exists() else ""
        return [line.split(" ") for line in text.split("\n")[:-1] if not line.startswith("/none/")]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()


@pytest.fixture(scope="module")
def proxies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("balancing")
    clusters = {**HASHED, **SPREAD}
    envoy = Proxy(folder, "envoy", [envoy_binary(), "--disable-hot-restart", "-l", "warning", "--concurrency", "1"], clusters)
    try:
        ours = Proxy(folder, "heddle", [HEDDLE, "proxy", "--concurrency", "1"], clusters)
    except BaseException:
        envoy.stop()
        raise
    yield envoy, ours
    envoy.stop()
    ours.stop()


@pytest.mark.parametrize("name", HASHED)
def test_hashed_requests_go_to_the_host_that_envoy_chooses(proxies, name):
    envoy, ours = proxies
    requests = [(f"/{name}/", key) for key in KEYS]
    theirs, mine = envoy.send(requests), ours.send(requests)
    differing = [(key, a, b) for key, a, b in zip(KEYS, theirs, mine) if a != b]
    assert not differing, f"{len(differing)} of {len(KEYS)} differ, such as {differing[:3]}"
    assert len(set(theirs)) > 1


def chi_square(a, b):
    """The statistic of two samples of the same size over the same hosts, and its degrees of freedom."""
    hosts = set(a) | set(b)
    return sum((a[h] - b[h]) ** 2 / (a[h] + b[h]) for h in hosts), len(hosts) - 1


@pytest.mark.parametrize("name", SPREAD)
def test_random_requests_are_spread_as_by_envoy(proxies, name):
    envoy, ours = proxies
    requests = [(f"/{name}/", f"{name}-{i}-{time.monotonic_ns()}") for i in range(2400)]
    theirs, mine = (collections.Counter(p.send(requests)) for p in proxies)
    statistic, freedom = chi_square(theirs, mine)
    # The mean of the distribution is its degrees of freedom, its deviation the root of twice that; five deviations are one in millions.
    assert set(theirs) == set(mine), (theirs, mine)
    assert statistic <= freedom + 5 * (2 * max(freedom, 1)) ** 0.5 + 5, (statistic, freedom, theirs, mine)
