"""Every type of our xDS server, and what it does on demand and against the clock, to a real Envoy as the client; and to our own proxy.

`xds_target/XdsTarget.java` is our server with whatever resources a test says; it runs from source over the control plane's libraries.
"""

import json
import os
import pathlib
import socket
import ssl
import subprocess
import time

import pytest
from conftest import HEDDLE, envoy_binary, eventually, fetch, free_port

HERE = pathlib.Path(__file__).resolve().parent
LIBRARIES = os.environ.get("HEDDLE_XDS_LIBRARIES", str(pathlib.Path(HEDDLE).resolve().parent / "distribution/target/heddle/lib/control/*"))
E = "type.googleapis.com/envoy."
ADS = {"ads": {}, "resource_api_version": "V3"}


class Target:
    """Our server: each state is all that it has."""

    def __init__(self):
        # Any command builds a checkout that has changed.
        subprocess.run([HEDDLE, "validate", "--help"], capture_output=True, timeout=900)
        java = os.environ.get("HEDDLE_JAVA") or subprocess.run([HEDDLE, "--java"], capture_output=True, text=True, check=True).stdout.strip()
        self.process = subprocess.Popen([java, "-cp", LIBRARIES, str(HERE / "xds_target/XdsTarget.java")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def has(self, shown, on_demand=()):
        self.process.stdin.write(json.dumps({"shown": list(shown), "onDemand": list(on_demand)}) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "applied\n"

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Proxy:
    """A real Envoy, or one of ours, that has everything from our server."""

    def __init__(self, folder, xds, api_type, ours=False):
        self.admin = free_port()
        self.log = folder / "proxy.log"
        bootstrap = {
            "node": {"id": folder.name, "cluster": "test", "client_features": ["xds.config.supports-resource-ttl", "xds.config.resource-in-sotw"]},
            "admin": {"address": address(self.admin)},
            "dynamic_resources": {
                "ads_config": {"api_type": api_type, "transport_api_version": "V3", "set_node_on_first_message_only": True,
                               "grpc_services": [{"envoy_grpc": {"cluster_name": "xds"}}]},
                "cds_config": ADS, "lds_config": ADS,
            },
            "layered_runtime": {"layers": [{"name": "rtds", "rtds_layer": {"name": "rt", "rtds_config": ADS}}]},
            "static_resources": {"clusters": [{
                "name": "xds", "type": "STATIC", "load_assignment": assignment("xds", xds),
                "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": E + "extensions.upstreams.http.v3.HttpProtocolOptions", "explicit_http_config": {"http2_protocol_options": {}}}}}]},
        }
        config = folder / "proxy.json"
        config.write_text(json.dumps(bootstrap))
        with open(self.log, "wb") as log:
            command = [HEDDLE, "proxy"] if ours else [envoy_binary(), "--use-dynamic-base-id"]
            self.process = subprocess.Popen([*command, "-c", str(config), "--concurrency", "1"], stdout=log, stderr=log)

    def page(self, path):
        return fetch(f"http://127.0.0.1:{self.admin}{path}")[1]

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def assignment(name, port):
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(port)}}]}]}


def entry(name, kind, resource, ttl=0):
    return {"name": name, "ttl": ttl, "resource": {"@type": E + kind, **resource}}


def cluster(name, ttl=0, version=1):
    return entry(name, "config.cluster.v3.Cluster", {"name": name, "type": "EDS", "connect_timeout": f"{version}s", "eds_cluster_config": {"eds_config": ADS}}, ttl)


def endpoints(name, port):
    return entry(name, "config.endpoint.v3.ClusterLoadAssignment", assignment(name, port))


def says(words):
    return {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": words}}}


def host(name, words, *domains):
    return entry(f"local/routes/{name}", "config.route.v3.VirtualHost", {"name": f"local/routes/{name}", "domains": list(domains), "routes": [says(words)]})


def header(value):
    return entry("stamp", "config.core.v3.TypedExtensionConfig", {"name": "stamp", "typed_config": {
        "@type": E + "extensions.filters.http.header_mutation.v3.HeaderMutation",
        "mutations": {"response_mutations": [{"append": {"header": {"key": "x-stamp", "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}]}}})


def runtime(value):
    return entry("rt", "service.runtime.v3.Runtime", {"name": "rt", "layer": {"some.key": value}})


def listener(port, table="local/routes", secret=None, on_demand=False):
    filters = [{"name": "stamp", "config_discovery": {"config_source": ADS, "type_urls": [E + "extensions.filters.http.header_mutation.v3.HeaderMutation"]}}]
    if on_demand:
        filters.append({"name": "on_demand", "typed_config": {"@type": E + "extensions.filters.http.on_demand.v3.OnDemand",
                                                              "odcds": {"source": ADS, "timeout": "5s"}}})
    filters.append({"name": "router", "typed_config": {"@type": E + "extensions.filters.http.router.v3.Router"}})
    chain = {"filters": [{"name": "hcm", "typed_config": {
        "@type": E + "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "http",
        "rds": {"config_source": ADS, "route_config_name": table}, "http_filters": filters}}]}
    if secret:
        chain["transport_socket"] = {"name": "tls", "typed_config": {
            "@type": E + "extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {"tls_certificate_sds_secret_configs": [{"name": secret, "sds_config": ADS}]}}}
    return entry(f"l{port}", "config.listener.v3.Listener", {"name": f"l{port}", "address": address(port), "filter_chains": [chain]})


def secret(folder, common_name):
    key, cert = folder / f"{common_name}.key", folder / f"{common_name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key), "-out", str(cert),
                    "-days", "1", "-subj", f"/CN={common_name}"], check=True, capture_output=True)
    return entry("cert", "extensions.transport_sockets.tls.v3.Secret", {"name": "cert", "tls_certificate": {
        "certificate_chain": {"inline_string": cert.read_text()}, "private_key": {"inline_string": key.read_text()}}}), cert.read_text()


def certificate(port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 5) as s, context.wrap_socket(s) as tls:
        return ssl.DER_cert_to_PEM_cert(tls.getpeercert(True))


CLIENTS = ["envoy-DELTA_GRPC", "envoy-GRPC", "heddle-DELTA_GRPC", "heddle-GRPC"]


@pytest.fixture(scope="module")
def server():
    target = Target()
    yield target
    target.end()


@pytest.fixture
def proxy(request, tmp_path, server):
    server.has([runtime("k")])
    who, api_type = getattr(request, "param", "envoy-DELTA_GRPC").split("-")
    started = Proxy(tmp_path, server.port, api_type, ours=who == "heddle")
    yield started
    started.end()


@pytest.mark.parametrize("proxy", CLIENTS, indirect=True)
def test_every_type_reaches_the_proxy_and_changes_in_place(server, proxy, tmp_path):
    plain, tls = free_port(), free_port()
    first, first_pem = secret(tmp_path, "one")
    second, second_pem = secret(tmp_path, "two")

    def state(stamp, key, certificate_entry, words):
        routes = entry("local/routes", "config.route.v3.RouteConfiguration", {"name": "local/routes", "virtual_hosts": [
            {"name": "all", "domains": ["*"], "routes": [says(words)]}]})
        return [cluster("c"), endpoints("c", proxy.admin), listener(plain), listener(tls, secret="cert"), routes, header(stamp), runtime(key), certificate_entry]

    server.has(state("v1", "k1", first, "hello"))
    for stamp, key, entry_, pem, words in (("v1", "k1", first, first_pem, "hello"), ("v2", "k2", second, second_pem, "again")):
        server.has(state(stamp, key, entry_, words))
        url = f"http://127.0.0.1:{plain}/"
        eventually(lambda: fetch(url)[1] == words and fetch(url)[2]["x-stamp"] == stamp, 20, f"{words} stamped {stamp}")
        eventually(lambda: certificate(tls) == pem, 20, f"certificate {stamp}")
        eventually(lambda: key in proxy.page("/runtime"), 20, f"runtime {key}")
    assert "update_rejected: 0" in proxy.page("/stats?filter=cluster_manager.cds.update_rejected")
    assert "update_rejected: 0" in proxy.page("/stats?filter=listener_manager.lds.update_rejected")


@pytest.mark.parametrize("proxy", CLIENTS, indirect=True)
def test_scoped_routes_choose_a_table(server, proxy):
    port = free_port()
    hcm = {"@type": E + "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "http",
           "scoped_routes": {"name": "scopes", "rds_config_source": ADS, "scoped_rds": {"scoped_rds_config_source": ADS}, "scope_key_builder": {"fragments": [
               {"header_value_extractor": {"name": "x-scope", "index": 0, "element_separator": ","}}]}},
           "http_filters": [{"name": "router", "typed_config": {"@type": E + "extensions.filters.http.router.v3.Router"}}]}
    whole = entry("l", "config.listener.v3.Listener", {"name": "l", "address": address(port), "filter_chains": [{"filters": [{"name": "hcm", "typed_config": hcm}]}]})

    def scope(name, table):
        return entry(name, "config.route.v3.ScopedRouteConfiguration",
                     {"name": name, "route_configuration_name": table, "key": {"fragments": [{"string_key": name}]}})

    def table(name):
        return entry(name, "config.route.v3.RouteConfiguration", {"name": name, "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [says(name)]}]})

    server.has([whole, scope("a", "table-a"), scope("b", "table-b"), table("table-a"), table("table-b"), runtime("k")])
    url = f"http://127.0.0.1:{port}/"
    for name in ("a", "b"):
        eventually(lambda: fetch(url, headers={"x-scope": name})[1] == f"table-{name}", 20, f"scope {name}")
    server.has([whole, scope("a", "table-b"), table("table-b"), runtime("k")])
    eventually(lambda: fetch(url, headers={"x-scope": "a"})[1] == "table-b", 20, "scope a at another table")
    eventually(lambda: fetch(url, headers={"x-scope": "b"})[0] == 404, 20, "scope b gone")


@pytest.mark.parametrize("proxy", ["envoy-DELTA_GRPC", "heddle-DELTA_GRPC"], indirect=True)
def test_virtual_hosts_that_are_shown_come_unasked(server, proxy):
    port = free_port()
    routes = entry("local/routes", "config.route.v3.RouteConfiguration", {"name": "local/routes", "vhds": {"config_source": ADS}})
    url = f"http://127.0.0.1:{port}/"
    for words in ("first", "second"):
        server.has([listener(port), routes, header("v"), runtime("k"), host("a", words, "a.example"), host("b", "I am b", "*.b.example")])
        eventually(lambda: fetch(url, headers={"Host": "a.example"})[1] == words, 20, words)
        assert fetch(url, headers={"Host": "x.b.example"})[1] == "I am b"
    server.has([listener(port), routes, header("v"), runtime("k"), host("a", "second", "a.example")])
    eventually(lambda: fetch(url, headers={"Host": "x.b.example"})[0] == 404, 20, "b gone")
    assert fetch(url, headers={"Host": "a.example"})[1] == "second"


def test_virtual_hosts_on_demand(server, proxy):
    port = free_port()
    routes = entry("local/routes", "config.route.v3.RouteConfiguration", {
        "name": "local/routes", "vhds": {"config_source": {**ADS, "initial_fetch_timeout": "0.5s"}}})  # Envoy waits so long for a first host that nobody needs yet
    shown = [listener(port, on_demand=True), routes, header("v"), runtime("k")]
    hosts = [host("a", "I am a", "a.example", "also-a.example"), host("wild", "I am wild", "*.wild.example")]
    server.has(shown, hosts)
    url = f"http://127.0.0.1:{port}/"
    eventually(lambda: fetch(url, headers={"Host": "a.example"})[1] == "I am a", 20, "a virtual host on demand")
    assert fetch(url, headers={"Host": "also-a.example"})[1] == "I am a"
    assert fetch(url, headers={"Host": "x.wild.example"})[1] == "I am wild"
    assert fetch(url, headers={"Host": "y.wild.example"})[1] == "I am wild"
    began = time.monotonic()
    assert fetch(url, headers={"Host": "nobody.example"})[0] == 404
    assert time.monotonic() - began < 4, "that there is no such host is said at once"
    server.has(shown, [host("a", "I am another", "a.example"), hosts[1]])
    eventually(lambda: fetch(url, headers={"Host": "a.example"})[1] == "I am another", 20, "a changed virtual host")
    server.has(shown, [host("nobody", "somebody", "nobody.example"), hosts[1]])
    eventually(lambda: fetch(url, headers={"Host": "nobody.example"})[1] == "somebody", 20, "a virtual host that was missing")
    eventually(lambda: fetch(url, headers={"Host": "a.example"})[0] == 404, 20, "a virtual host that is gone")


def test_clusters_on_demand(server, proxy):
    port = free_port()
    routes = entry("local/routes", "config.route.v3.RouteConfiguration", {"name": "local/routes", "virtual_hosts": [
        {"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster_header": "x-cluster"}}]}]})
    shown = [cluster("own"), endpoints("own", proxy.admin), listener(port, on_demand=True), routes, header("v"), runtime("k")]
    server.has(shown, [cluster("far"), endpoints("far", proxy.admin), cluster("farther")])
    url = f"http://127.0.0.1:{port}/ready"
    eventually(lambda: fetch(url, headers={"x-cluster": "own"})[0] == 200, 20, "a cluster that is shown")
    assert "far::" not in proxy.page("/clusters")
    assert fetch(url, headers={"x-cluster": "far"})[0] == 200
    began = time.monotonic()
    assert fetch(url, headers={"x-cluster": "nowhere"})[0] == 503
    assert time.monotonic() - began < 4, "that there is no such cluster is said at once"
    clusters = proxy.page("/clusters")
    assert "far::" in clusters and "farther::" not in clusters


@pytest.mark.parametrize("client", CLIENTS)
def test_what_has_a_time_to_live_lives_while_the_server_does(client, tmp_path):
    who, api_type = client.split("-")
    target = Target()
    proxy = Proxy(tmp_path, target.port, api_type, ours=who == "heddle")
    try:
        outlives(target, proxy)
    finally:
        proxy.end()
        target.end()


def outlives(target, proxy):
    state = [cluster("lasting"), endpoints("lasting", 1), cluster("timed", ttl=3), endpoints("timed", 1), runtime("k")]
    target.has(state)
    eventually(lambda: "timed::" in proxy.page("/clusters"), 20, "the cluster")
    end = time.monotonic() + 8
    while time.monotonic() < end:
        assert "timed::" in proxy.page("/clusters"), proxy.log.read_text()[-3000:]
        time.sleep(0.2)
    target.end()
    eventually(lambda: "timed::" not in proxy.page("/clusters"), 20, "the end of what nobody renews")
    assert "lasting::" in proxy.page("/clusters")
