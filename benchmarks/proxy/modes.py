"""The modes of benchmarks/proxy/run beside its first: HTTP/2, gRPC, TLS, route tables, idle connections, half of saturation.

Each mode starts the proxies once, with the same bootstrap for Heddle and Envoy, measures them in interleaved rounds, and prints medians and the
ratios of Heddle to the other in the same round.
"""

import os
import re
import shutil
import socket
import ssl
import statistics
import subprocess
import time

TLS = """
      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          common_tls_context:
            alpn_protocols: [{alpn}]
            tls_certificates: [{{certificate_chain: {{filename: {dir}/server.pem}}, private_key: {{filename: {dir}/server.key}}}}]
"""
UPSTREAM_TLS = """
    transport_socket:
      name: envoy.transport_sockets.tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        sni: bench.test
        common_tls_context:
          tls_certificates: [{{certificate_chain: {{filename: {dir}/client.pem}}, private_key: {{filename: {dir}/client.key}}}}]
          validation_context: {{trusted_ca: {{filename: {dir}/ca.pem}}}}
"""
UPSTREAM_H2 = """
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
"""
BOOTSTRAP = """
node: {{id: bench, cluster: bench}}
admin: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {admin}}}}}}}
static_resources:
  listeners:
  - name: bench
    address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - name: all{tls}
      filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: bench
          codec_type: AUTO
          access_log:
          - name: envoy.access_loggers.file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: {log}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
          route_config:
            name: bench
            virtual_hosts:
{hosts}
  clusters:
  - name: origin
    type: STATIC
    connect_timeout: 1s{upstream}
    load_assignment:
      cluster_name: origin
      endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {origin}}}}}}}}}]}}]
"""
ALL = """            - {name: all, domains: ["*"], routes: [{match: {prefix: "/"}, route: {cluster: origin}}]}"""
ORIGIN_H2 = """
worker_processes 1; daemon off; pid {dir}/origin-{kind}.pid; error_log {dir}/origin-{kind}.log;
events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 3600; default_type text/plain;
  client_body_temp_path {dir}/o1{kind}; proxy_temp_path {dir}/o2{kind}; fastcgi_temp_path {dir}/o3{kind}; uwsgi_temp_path {dir}/o4{kind}; scgi_temp_path {dir}/o5{kind};
  sendfile off; open_file_cache max=16;
  server {{ listen 127.0.0.1:{port} {options}; root {dir}/www; {more} }} }}
"""
HAPROXY = """
global
  nbthread 1
  maxconn 8192
  log {dir}/log.sock len 1024 format raw local0 info
  tune.h2.max-concurrent-streams 200
defaults
  mode http
  log global
  option httplog
  option http-keep-alive
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
  http-reuse always
frontend f
  bind 127.0.0.1:{port} {bind}
  default_backend b
backend b
  server o 127.0.0.1:{origin} pool-max-conn -1 {server}
"""

KINDS = ("path", "prefix", "host", "regex", "template", "header")
MODES = ("h2", "h2-both", "grpc", "tls", "tls-both", "routes", "idle", "half", "first-tls")


def need(**packages):
    """Programs by the Debian package that has them; installed where this is root, else named."""
    missing = [p for tool, p in packages.items() if not shutil.which(tool) and not os.path.exists(f"/usr/sbin/{tool}")]
    if not missing:
        return
    if os.geteuid() != 0:
        raise SystemExit(f"missing: apt-get install {' '.join(missing)}")
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], check=True,
                   env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, stdout=subprocess.DEVNULL)


def certificates(directory):
    """A CA, a server's and a client's certificate, ECDSA P-256."""
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=directory)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=bench-ca", "-days", "2")
    for name in ("server", "client"):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        with open(os.path.join(directory, f"{name}.ext"), "w") as f:
            f.write("subjectAltName=DNS:bench.test,IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.pem", "-days", "2",
                "-extfile", f"{name}.ext")
    with open(os.path.join(directory, "both.pem"), "w") as f:
        for part in ("server.pem", "server.key"):
            f.write(open(os.path.join(directory, part)).read())
    for name in os.listdir(directory):
        if name.endswith((".pem", ".key")):
            os.chmod(os.path.join(directory, name), 0o644)


def h2load(url, seconds, connections, streams, *more):
    out = subprocess.run(["h2load", "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds}", "--warm-up-time=1s", *more, url],
                         capture_output=True, text=True, check=True).stdout
    m = re.search(r"requests: (\d+) total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed", out)
    if not m:
        raise SystemExit(out)
    rate = float(re.search(r"finished in [\d.]+\w+, ([\d.]+) req/s", out)[1])
    return int(m[2]), rate, int(m[3])


def routes(kind, count):
    """Virtual hosts with that many routes of a kind; the last one answers."""
    def route(match, rewrite="prefix_rewrite: /1k"):
        return f"{{match: {{{match}}}, route: {{cluster: origin, {rewrite}}}}}"

    if kind == "host":
        return "\n".join(f'            - {{name: v{i}, domains: ["h{i}.test"], routes: [{route("prefix: /")}]}}' for i in range(count))
    matches = {
        "path": lambda i: f"path: /r{i}",
        "prefix": lambda i: f"prefix: /r{i}/",
        "regex": lambda i: f'safe_regex: {{regex: "/r{i}/[a-z]+"}}',
        "template": lambda i: ('path_match_policy: {name: t, typed_config: {"@type": type.googleapis.com/envoy.extensions.path.match.'
                               f'uri_template.v3.UriTemplateMatchConfig, path_template: "/r{i}/{{x}}"}}}}'),
        "header": lambda i: f'prefix: /, headers: [{{name: x-k, string_match: {{exact: k{i}}}}}]',
    }[kind]
    rewrite = 'regex_rewrite: {pattern: {regex: "^.*$"}, substitution: /1k}' if kind in ("prefix", "template", "header") else "prefix_rewrite: /1k"
    lines = "\n".join(f"              - {route(matches(i), rewrite)}" for i in range(count))
    return f'            - name: all\n              domains: ["*"]\n              routes:\n{lines}'


def asked(kind, count):
    """Path and headers that meet the last route."""
    last = count - 1
    path = {"path": f"/r{last}", "prefix": f"/r{last}/x", "regex": f"/r{last}/abc", "template": f"/r{last}/abc"}.get(kind, "/")
    headers = {"host": [f"Host: h{last}.test"], "header": [f"x-k: k{last}"]}.get(kind, [])
    return path, headers


class Bench:
    """What the modes share: the origin, the proxies, the rounds."""

    def __init__(self, run, args, directory, origin, start):
        self.run, self.args, self.directory, self.origin = run, args, directory, origin
        self.started, self.spawn = [], start

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def other_origin(self, kind, options, more=""):
        port = self.run.free_port()
        config = self.file(f"origin-{kind}.conf", ORIGIN_H2.format(dir=self.directory, kind=kind, port=port, options=options, more=more))
        self.spawn(["nginx", "-c", config, "-p", self.directory])
        return port

    def peers(self, tag, hosts=ALL, tls="", upstream="", origin=None, haproxy=None):
        out = []
        origin = origin or self.origin
        for name in self.args.only.split(","):
            port, admin = self.run.free_port(), self.run.free_port()
            if name in ("heddle", "envoy"):
                config = self.file(f"{name}-{tag}.yaml", BOOTSTRAP.format(
                    admin=admin, port=port, origin=origin, log=f"{self.directory}/{name}-access.log", hosts=hosts, tls=tls, upstream=upstream))
                command = ([self.run.HEDDLE, "proxy", "-c", config, "--concurrency", "1"] if name == "heddle" else
                           [self.run.envoy_binary(), "-c", config, "--concurrency", "1", "-l", "error", "--disable-hot-restart"])
            elif name == "haproxy" and haproxy is not None:
                config = self.file(f"haproxy-{tag}.cfg", HAPROXY.format(dir=self.directory, port=port, origin=origin, **haproxy))
                command = ["/usr/sbin/haproxy", "-f", config, "-db"]
            else:
                continue
            out.append(self.run.Peer(name, command, port))
            # HAProxy speaks one protocol a port where there is no TLS to agree on one.
            out[-1].only_h2 = name == "haproxy" and "proto h2" in (haproxy or {}).get("bind", "")
        return out

    def begin(self, peer, tls=False):
        """Starts it; seconds until it has proxied a first response."""
        with open(os.path.join(self.directory, f"{peer.name}.out"), "ab") as out:
            begun = time.monotonic()
            peer.process = subprocess.Popen(peer.command, stdout=out, stderr=out, cwd=self.run.ROOT)
        while time.monotonic() - begun < 60:
            if peer.process.poll() is not None:
                raise SystemExit(f"{peer.name} does not start: " + open(os.path.join(self.directory, f"{peer.name}.out")).read()[-1500:])
            try:
                with socket.create_connection(("127.0.0.1", peer.port), timeout=2) as s:
                    if tls:
                        context = ssl.create_default_context(cafile=f"{self.directory}/ca.pem")
                        s = context.wrap_socket(s, server_hostname="bench.test")
                    if peer.only_h2:
                        s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
                        begun_well = len(s.recv(64)) >= 9
                    else:
                        s.sendall(b"GET /1k HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
                        begun_well = s.recv(64).startswith(b"HTTP/1.1 ")
                    if begun_well:
                        return time.monotonic() - begun
            except OSError:
                pass
            time.sleep(0.002)
        raise SystemExit(f"{peer.name} answers nothing")

    def rounds(self, peers, measures, tls=False):
        """Every measure of every peer, one after the other, in as many rounds as asked for; each in another order."""
        try:
            for peer in peers:
                self.begin(peer, tls)
            for peer in peers:
                for _, measure in measures:
                    measure(peer, self.args.warmup)
            for number in range(self.args.rounds):
                for peer in peers[number % len(peers):] + peers[:number % len(peers)]:
                    for key, measure in measures:
                        before = self.run.cpu_seconds(peer.process.pid)
                        requests, rate, failed = measure(peer, self.args.seconds)
                        spent = self.run.cpu_seconds(peer.process.pid) - before
                        peer.note(f"cpu_us_{key}", spent / max(1, requests) * 1e6)
                        peer.note(f"rps_{key}", rate)
                        if failed:
                            peer.note("failed", failed)
                        print(f"round {number + 1}/{self.args.rounds} {peer.name} {key}: {rate:.0f}/s, {peer.seen[f'cpu_us_{key}'][-1]:.1f} us", flush=True)
        finally:
            for peer in peers:
                peer.stop()
        return peers

    # --- the modes ---

    def load(self, scheme, connections=20, streams=10, *more):
        return lambda peer, seconds: h2load(f"{scheme}://127.0.0.1:{peer.port}/1k", seconds, connections, streams, *more)

    def closed(self, scheme="http", path="/1k", headers=()):
        def measure(peer, seconds):
            out = subprocess.run(["wrk", "-t1", f"-c{self.args.connections}", f"-d{seconds}s", *[w for h in headers for w in ("-H", h)],
                                  f"{scheme}://127.0.0.1:{peer.port}{path}"], capture_output=True, text=True, check=True).stdout
            bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
            return int(re.search(r"(\d+) requests in", out)[1]), float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), int(bad[1]) if bad else 0
        return measure

    def h2(self):
        return self.rounds(self.peers("h2", haproxy={"bind": "proto h2", "server": ""}), [("h2_1k", self.load("http"))])

    def h2_both(self):
        origin = self.other_origin("h2", "http2")
        return self.rounds(self.peers("h2b", upstream=UPSTREAM_H2, origin=origin, haproxy={"bind": "proto h2", "server": "proto h2"}),
                           [("h2_both_1k", self.load("http"))])

    def grpc(self):
        need(nghttpd="nghttp2-server")
        port = self.run.free_port()
        self.spawn(["nghttpd", "--no-tls", "-a", "127.0.0.1", "--trailer=grpc-status: 0", "-d", f"{self.directory}/www", str(port)])
        body = self.file("message", "\0\0\0\0\x20" + "x" * 32)
        load = self.load("http", 20, 10, "-d", body, "-H", "content-type: application/grpc", "-H", "te: trailers")
        return self.rounds(self.peers("grpc", upstream=UPSTREAM_H2, origin=port, haproxy={"bind": "proto h2", "server": "proto h2"}), [("grpc", load)])

    def tls(self):
        certificates(self.directory)
        haproxy = {"bind": f"ssl crt {self.directory}/both.pem alpn h2,http/1.1", "server": ""}
        peers = self.peers("tls", tls=TLS.format(alpn="h2, http/1.1", dir=self.directory), haproxy=haproxy)
        return self.rounds(peers, [("tls_h1_1k", self.closed("https")), ("tls_h2_1k", self.load("https"))], tls=True)

    def tls_both(self):
        certificates(self.directory)
        d = self.directory
        origin = self.other_origin("tls", "ssl", f"ssl_certificate {d}/server.pem; ssl_certificate_key {d}/server.key; ssl_client_certificate {d}/ca.pem; "
                                                 "ssl_verify_client on; ssl_session_cache shared:s:1m;")
        haproxy = {"bind": f"ssl crt {d}/both.pem alpn http/1.1", "server": f"ssl ca-file {d}/ca.pem crt {self.file('client-both.pem', open(f'{d}/client.pem').read() + open(f'{d}/client.key').read())}"}
        peers = self.peers("tlsb", tls=TLS.format(alpn="http/1.1", dir=d), upstream=UPSTREAM_TLS.format(dir=d), origin=origin, haproxy=haproxy)
        return self.rounds(peers, [("tls_both_1k", self.closed("https"))], tls=True)

    def routes(self):
        """One table after the other; the cost of many routes is the difference to ten."""
        total = {}
        for kind in self.args.kinds.split(","):
            for count in map(int, self.args.counts.split(",")):
                path, headers = asked(kind, count)
                for peer in self.rounds(self.peers(f"{kind}{count}", hosts=routes(kind, count)), [(f"{kind}_{count}", self.closed("http", path, headers))]):
                    kept = total.setdefault(peer.name, peer)
                    kept.seen.update(peer.seen) if kept is not peer else None
        for peer in total.values():
            for kind in self.args.kinds.split(","):
                counts = list(map(int, self.args.counts.split(",")))
                least = peer.seen.get(f"cpu_us_{kind}_{counts[0]}")
                for count in counts[1:]:
                    for a, b in zip(peer.seen.get(f"cpu_us_{kind}_{count}", []), least or []):
                        peer.note(f"times_{kind}_{count}", a / b)
                        peer.note(f"added_us_{kind}_{count}", a - b)
        return list(total.values())

    def idle(self):
        peers = self.peers("idle", haproxy={"bind": "", "server": ""})
        try:
            for peer in peers:
                self.begin(peer)
            for peer in peers:
                self.closed()(peer, self.args.warmup)
            for count in map(int, self.args.idle.split(",")):
                for peer in peers:
                    before = self.run.rss_mb(peer.process.pid)
                    held = [socket.create_connection(("127.0.0.1", peer.port)) for _ in range(count)]
                    time.sleep(2)
                    peer.note(f"idle_{count}_mb_per_1000", (self.run.rss_mb(peer.process.pid) - before) * 1000 / count)
                    result = self.run.open_loop(peer.port, "/1k", self.args.rate // 4, self.args.seconds, 10)
                    peer.note(f"idle_{count}_p99_us", result["p99_us"])
                    for s in held:
                        s.close()
                    print(f"{peer.name}: {count} idle, {peer.seen[f'idle_{count}_mb_per_1000'][-1]:.2f} MB per 1000", flush=True)
        finally:
            for peer in peers:
                peer.stop()
        return peers

    def half(self):
        """Envoy's saturation, then all at half of it."""
        peers = self.peers("half", haproxy={"bind": "", "server": ""})
        envoy = next((p for p in peers if p.name == "envoy"), peers[0])
        try:
            for peer in peers:
                self.begin(peer)
            for peer in peers:
                self.closed()(peer, self.args.warmup)
            _, most, _ = self.closed()(envoy, self.args.seconds)
            rate = max(100, int(most / 2))
            print(f"{envoy.name} at most {most:.0f}/s; all at {rate}/s", flush=True)
            for number in range(self.args.rounds):
                for peer in peers[number % len(peers):] + peers[:number % len(peers)]:
                    result = self.run.open_loop(peer.port, "/1k", rate, self.args.seconds, self.args.connections)
                    for key in ("p50_us", "p99_us", "p999_us"):
                        peer.note(f"half_{key}", result[key])
                    if result["failed"]:
                        peer.note("failed", result["failed"])
        finally:
            for peer in peers:
                peer.stop()
        return peers

    def first_tls(self):
        certificates(self.directory)
        peers = self.peers("first", tls=TLS.format(alpn="http/1.1", dir=self.directory),
                           haproxy={"bind": f"ssl crt {self.directory}/both.pem", "server": ""})
        for _ in range(max(3, self.args.rounds)):
            for peer in peers:
                try:
                    peer.note("first_tls_ms", self.begin(peer, True) * 1000)
                finally:
                    peer.stop()
        return peers

    def mode(self, name):
        return getattr(self, name.replace("-", "_"))()


def table(run, peers):
    heddle = next((p for p in peers if p.name == "heddle"), peers[0])
    keys = sorted({k for p in peers for k in p.seen if k != "failed"})
    others = [p for p in peers if p is not heddle]
    print("\n| figure, median | " + " | ".join(p.name for p in peers) + " | " + " | ".join(f"{heddle.name}/{p.name}, median (range)" for p in others) + " |")
    print("|---|" + "---|" * (len(peers) + len(others)))
    for key in keys:
        cells = [f"{statistics.median(p.seen[key]):.2f}" if key in p.seen else "-" for p in peers]
        print(f"| {key} | " + " | ".join(cells) + " | " + " | ".join(run.ratio_row(heddle, p, key) for p in others) + " |")
    failed = {p.name: sum(p.seen["failed"]) for p in peers if "failed" in p.seen}
    print(f"\nfailed requests: {failed or 'none'}")
    return failed
