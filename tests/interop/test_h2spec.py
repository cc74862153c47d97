"""h2spec's cases, in clear text and over TLS, against Envoy and against us: we fail none that Envoy passes.

The table of both is docs/h2spec.md; it must be what is measured. `HEDDLE_RECORD=1` writes it anew.
"""

import http.server
import json
import os
import pathlib
import re
import subprocess
import threading
import time
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ROOT, fetch, free_port
from test_grpc import TYPES, command, stop

H2SPEC = "v2.2.1+incompatible"
DOCUMENT = ROOT / "docs" / "h2spec.md"
RUNS = [(kind, way) for way in ("clear text", "TLS") for kind in ("envoy", "heddle")]


class Upstream(http.server.BaseHTTPRequestHandler):
    """Reads the whole request, then answers."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        if self.headers.get("transfer-encoding"):
            while size := int(self.rfile.readline().split(b";")[0], 16):
                self.rfile.read(size + 2)
            while self.rfile.readline().strip():
                pass
        else:
            self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b"h2spec\n" * 10
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = answer

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def h2spec():
    where = pathlib.Path(os.environ.get("HEDDLE_H2SPEC", ROOT / "tests/target/h2spec"))
    if not (where / "h2spec").exists():
        where.mkdir(parents=True, exist_ok=True)
        subprocess.run(["go", "install", f"github.com/summerwind/h2spec/cmd/h2spec@{H2SPEC}"], check=True,
                       env={**os.environ, "GOBIN": str(where), "GOFLAGS": "-mod=mod"})
    return str(where / "h2spec")


@pytest.fixture(scope="module")
def upstream():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    # Most cases end in the middle of a request.
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=h2spec", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem"),
                    "-out", str(folder / "cert.pem")], check=True, capture_output=True)
    return folder


def bootstrap(port, admin, upstream, certificate):
    at = lambda p: {"socket_address": {"address": "127.0.0.1", "port_value": p}}  # noqa: E731
    manager = {"@type": TYPES + "filters.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "h2spec",
               "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": TYPES + "filters.http.router.v3.Router"}}],
               "route_config": {"name": "h2spec", "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
                   {"match": {"prefix": "/"}, "route": {"cluster": "up"}}]}]}}
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    if certificate:
        chain["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": {
            "@type": TYPES + "transport_sockets.tls.v3.DownstreamTlsContext", "common_tls_context": {
                "alpn_protocols": ["h2"], "tls_certificates": [{"certificate_chain": {"filename": str(certificate / "cert.pem")},
                                                               "private_key": {"filename": str(certificate / "key.pem")}}]}}}
    return {"admin": {"address": at(admin)}, "static_resources": {
        "listeners": [{"name": "h2spec", "address": at(port), "filter_chains": [chain]}],
        "clusters": [{"name": "up", "type": "STATIC", "connect_timeout": "1s", "load_assignment": {
            "cluster_name": "up", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": at(upstream)}}]}]}}]}}


def cases(report):
    """name -> passed, of h2spec's report."""
    found = {}
    # It puts the bytes of frames into its report as they are.
    text = re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x80-\xff]", b"?", report.read_bytes())
    for suite in ElementTree.fromstring(text).iter("testsuite"):
        for number, case in enumerate(suite.iter("testcase"), 1):
            if case.find("skipped") is None:
                name = f"{suite.get('package')}/{number} {case.get('classname')}"
                found[name] = case.find("failure") is None and case.find("error") is None
    return found


def run(kind, way, h2spec, upstream, certificate, folder):
    port, admin = free_port(), free_port()
    config = folder / f"{kind}.json"
    config.write_text(json.dumps(bootstrap(port, admin, upstream, certificate if way == "TLS" else None)))
    with open(folder / f"{kind}.out", "wb") as out:
        proxy = subprocess.Popen(command(kind, str(config)), stdout=out, stderr=out)
    try:
        end = time.monotonic() + 60
        while True:
            try:
                if fetch(f"http://127.0.0.1:{admin}/ready", timeout=1)[0] == 200:
                    break
            except OSError:
                pass
            assert proxy.poll() is None and time.monotonic() < end, (folder / f"{kind}.out").read_text()[-2000:]
            time.sleep(0.02)
        report = folder / f"{kind}.xml"
        subprocess.run([h2spec, "-S", "-h", "127.0.0.1", "-p", str(port), "-o", "3", "-j", str(report), *(["-t", "-k"] if way == "TLS" else [])],
                       capture_output=True, timeout=900)
        assert proxy.poll() is None, "the proxy has ended"
        return cases(report)
    finally:
        if proxy.poll() is None:
            stop(proxy)


@pytest.fixture(scope="module")
def results(h2spec, upstream, certificate, tmp_path_factory):
    return {(kind, way): run(kind, way, h2spec, upstream, certificate, tmp_path_factory.mktemp("h2spec")) for kind, way in RUNS}


def table(results):
    """The document's table: the counts, and each case that somebody fails."""
    lines = ["| | " + " | ".join(f"{kind}, {way}" for kind, way in RUNS) + " |", "|---|" + "---|" * len(RUNS),
             "| passed | " + " | ".join(f"{sum(results[r].values())} of {len(results[r])}" for r in RUNS) + " |"]
    for name in results[RUNS[0]]:
        row = [results[r].get(name) for r in RUNS]
        if not all(row):
            lines.append(f"| {name} | " + " | ".join({True: "passes", False: "fails", None: "–"}[p] for p in row) + " |")
    return "\n".join(lines)


def test_no_case_fails_that_envoy_passes(results):
    for way in ("clear text", "TLS"):
        envoy, ours = results["envoy", way], results["heddle", way]
        assert len(envoy) > 140 and set(envoy) == set(ours)
        assert [name for name, passed in ours.items() if not passed and envoy[name]] == [], way


def test_the_document_has_the_table(results):
    text = DOCUMENT.read_text()
    if os.environ.get("HEDDLE_RECORD"):
        DOCUMENT.write_text(re.sub(r"\n\|.*\|\n", lambda _: "\n" + table(results) + "\n", text, count=1, flags=re.S))
    else:
        assert table(results) in text
