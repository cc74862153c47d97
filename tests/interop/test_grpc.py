"""gRPC's own interoperability client and server, through two proxies in a row, and with the server gone.

Through two Envoys to show that the test itself is right, then through two of ours as soon as a bootstrap with HTTP/2 on both sides is accepted.
"""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest
from conftest import HEDDLE, ROOT, envoy_binary, fetch, free_port

CASES = ["empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream", "timeout_on_sleeping_server",
         "cancel_after_begin", "cancel_after_first_response", "status_code_and_message", "special_status_message", "custom_metadata",
         "unimplemented_method", "unimplemented_service"]
# They pass where nothing answers: what they want is an error, or that nobody waits for an answer.
PASSES_WITH_NOBODY = {"cancel_after_begin", "timeout_on_sleeping_server"}
GRPC = "v1.76.0"
TYPES = "type.googleapis.com/envoy.extensions."


def bootstrap(port, admin, upstream):
    http2 = {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": TYPES + "upstreams.http.v3.HttpProtocolOptions", "explicit_http_config": {"http2_protocol_options": {}}}}
    manager = {"@type": TYPES + "filters.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "grpc",
               "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": TYPES + "filters.http.router.v3.Router"}}],
               "route_config": {"name": "grpc", "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
                   {"match": {"prefix": "/"}, "route": {"cluster": "next", "timeout": "0s"}}]}]}}
    at = lambda p: {"socket_address": {"address": "127.0.0.1", "port_value": p}}  # noqa: E731
    return {"admin": {"address": at(admin)}, "static_resources": {
        "listeners": [{"name": "grpc", "address": at(port), "filter_chains": [{"filters": [
            {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}]}],
        "clusters": [{"name": "next", "type": "STATIC", "connect_timeout": "1s", "typed_extension_protocol_options": http2,
                      "load_assignment": {"cluster_name": "next", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": at(upstream)}}]}]}}]}}


def command(kind, config):
    if kind == "envoy":
        return [envoy_binary(), "--disable-hot-restart", "-l", "error", "--concurrency", "1", "-c", config]
    return [HEDDLE, "proxy", "-l", "warning", "--concurrency", "1", "--drain-time-s", "1", "-c", config]


def served(folder):
    """The proxies that speak HTTP/2 on both sides."""
    path = folder / "probe.json"
    path.write_text(json.dumps(bootstrap(free_port(), free_port(), free_port())))
    ours = subprocess.run([HEDDLE, "proxy", "--mode", "validate", "-c", str(path)], capture_output=True, text=True)
    return ["envoy"] + (["heddle"] if ours.returncode == 0 else [])


@pytest.fixture(scope="module")
def programs():
    where = pathlib.Path(os.environ.get("HEDDLE_GRPC_INTEROP", ROOT / "tests/target/grpc-interop"))
    if not (where / "client").exists():
        where.mkdir(parents=True, exist_ok=True)
        subprocess.run(["go", "install", f"google.golang.org/grpc/interop/client@{GRPC}", f"google.golang.org/grpc/interop/server@{GRPC}"],
                       check=True, env={**os.environ, "GOBIN": str(where), "GOFLAGS": "-mod=mod"})
    return where


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def chain(kind, upstream, folder):
    """Two proxies in a row; the port of the first."""
    started, first = [], upstream
    for number in (2, 1):
        port, admin = free_port(), free_port()
        config = folder / f"{kind}-{number}.json"
        config.write_text(json.dumps(bootstrap(port, admin, first)))
        with open(folder / f"{kind}-{number}.out", "wb") as out:
            started.append(subprocess.Popen(command(kind, str(config)), stdout=out, stderr=out))
        end = time.monotonic() + 60
        while True:
            try:
                if fetch(f"http://127.0.0.1:{admin}/ready", timeout=1)[0] == 200:
                    break
            except OSError:
                pass
            assert started[-1].poll() is None and time.monotonic() < end, (folder / f"{kind}-{number}.out").read_text()[-2000:]
            time.sleep(0.02)
        first = port
    return started, first


def call(programs, port, case):
    return subprocess.run([str(programs / "client"), "--server_host=127.0.0.1", f"--server_port={port}", f"--test_case={case}"],
                          capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("kind", ["envoy", "heddle"])
def test_all_cases_pass_through_two_proxies_and_fail_with_the_server_gone(kind, programs, tmp_path):
    if kind not in served(tmp_path):
        pytest.skip("this build does not speak HTTP/2 on both sides yet")
    port = free_port()
    server = subprocess.Popen([str(programs / "server"), f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    started, first = chain(kind, port, tmp_path)
    try:
        for case in CASES:
            result = call(programs, first, case)
            assert result.returncode == 0, f"{case}: {result.stderr[-2000:]}"
        stop(server)
        passed = [case for case in CASES if case not in PASSES_WITH_NOBODY and call(programs, first, case).returncode == 0]
        assert passed == [], "these pass with the server gone, so they show nothing"
    finally:
        for process in started + [server]:
            if process.poll() is None:
                stop(process)
