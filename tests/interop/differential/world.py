"""A case: its bootstrap, both proxies before the same upstreams, its requests, and what differs."""

import functools
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

import yaml

from . import wire, wire2
from .echo import Authority, HttpEcho, TcpEcho, TlsEcho
from .echo2 import Http2Echo
from conftest import HEDDLE, envoy_binary, fetch, free_port

HERE = pathlib.Path(__file__).parent
DEFAULTS = yaml.safe_load((HERE / "defaults.yaml").read_text())
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Upstreams:
    """The servers that both proxies share, by the names that the cases know."""

    def __init__(self):
        self.authority = Authority()
        self.servers = ({n: HttpEcho(n) for n in ("a", "b", "c")} | {n: TcpEcho(n) for n in ("t", "u")}
                        | {"s": TlsEcho("s", self.authority), "h": Http2Echo("h")})
        self.ports = {name: s.port for name, s in self.servers.items()} | {"dead": free_port()}

    def close(self):
        for server in self.servers.values():
            server.close()
        self.authority.folder.cleanup()


def merge(base, over):
    """Maps merge, all else is replaced; null takes a key away."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    out = {k: v for k, v in base.items() if not (k in over and over[k] is None)}
    for key, value in over.items():
        if value is not None:
            out[key] = merge(base[key], value) if key in base else value
    return out


def bootstrap(case):
    """The whole bootstrap: what the case says, over what every case has."""
    if "bootstrap" in case:
        return case["bootstrap"]
    hcm = merge(DEFAULTS["hcm"], case.get("hcm") or {})
    hcm["http_filters"] = (case.get("http_filters") or []) + [DEFAULTS["router"]]
    if "route_config" in case:
        hcm["route_config"] = case["route_config"]
    elif "virtual_hosts" in case:
        hcm["route_config"] = {"name": "routes", "virtual_hosts": case["virtual_hosts"]}
    elif "routes" in case:
        hcm["route_config"] = {"name": "routes", "virtual_hosts": [merge(
            {"name": "all", "domains": ["*"], "routes": case["routes"]}, case.get("virtual_host") or {})]}
    if case.get("log") is not None:
        hcm["access_log"] = [{"name": "envoy.access_loggers.file", "typed_config": merge(
            {"@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog", "path": "@log@"}, case["log"])}]
    filters = case.get("filters") or [
        *(case.get("network_filters") or []),
        {"name": "envoy.filters.network.http_connection_manager", "typed_config": hcm}]
    listener = merge(merge(DEFAULTS["listener"], {"filter_chains": [merge({"filters": filters}, case.get("filter_chain") or {})]}),
                     case.get("listener") or {})
    clusters = [merge(c, (case.get("cluster_options") or {}).get(c["name"], {})) for c in DEFAULTS["clusters"]]
    names = {c["name"] for c in case.get("clusters") or []}
    clusters = [c for c in clusters if c["name"] not in names] + (case.get("clusters") or [])
    return merge({"static_resources": {"listeners": [listener], "clusters": clusters}},
                 merge(DEFAULTS["bootstrap"], case.get("top") or {}))


def requests(case):
    out = []
    for r in case["requests"]:
        if isinstance(r, str):
            r = {"": r}
        r = dict(r)
        words = next((v for k, v in r.items() if k == ""), None)
        if words is not None:
            r["method"], r["path"] = words.split(" ", 1)
        for method in METHODS:
            if method in r:
                r["method"], r["path"] = method, str(r.pop(method))
        out.append(r)
    return out


def own_addresses():
    """This machine's, which Envoy tells upstreams in place of a loopback client's."""
    out = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    return [a for a in out if ":" not in a]


OWN = own_addresses()


class Side:
    """One proxy with one case's bootstrap."""

    def __init__(self, name, case, upstreams, folder):
        self.name, self.folder = name, folder
        self.port, self.admin = free_port(), free_port()
        self.log = folder / f"{name}.log"
        self.places = {str(p): f"@{n}@" for n, p in upstreams.ports.items()} | {str(self.port): "@port@", str(self.admin): "@admin@"}
        text = json.dumps(bootstrap(case))
        ports = upstreams.ports | {"port": self.port, "admin": self.admin}
        self.limits = None
        if "rate_limit_rules" in case:
            ports["limits"] = free_port()
            self.start_limits(case["rate_limit_rules"], ports["limits"])
        text = re.sub(r'"@(\w+)@"', lambda m: json.dumps(ports[m[1]]) if m[1] in ports else m[0], text)
        text = re.sub(r"@(\w+)@", lambda m: str(ports.get(m[1]) or {"log": self.log, "name": name, "ca": upstreams.authority.pem,
                                                                 "certificate": upstreams.authority.server,
                                                                 "key": f"{upstreams.authority.folder.name}/server.key"}.get(m[1]) or m[0]), text)
        self.config = folder / f"{name}.json"
        self.config.write_text(text)
        command = ([envoy_binary(), "--disable-hot-restart", "-l", "warning", "--file-flush-interval-msec", "100"] if name == "envoy"
                   else [HEDDLE, "proxy", "-l", "warning"])
        self.out = folder / f"{name}.out"
        with open(self.out, "wb") as out:
            self.process = subprocess.Popen(command + ["-c", str(self.config), "--concurrency", "1", "--drain-time-s", "1"],
                                            stdout=out, stderr=out)

    def start_limits(self, rules, port):
        """A service of its own for each proxy, as what one uses up the other must not miss."""
        file = self.folder / f"{self.name}-limits.yaml"
        file.write_text(json.dumps(rules))
        with open(self.folder / f"{self.name}-limits.out", "wb") as out:
            self.limits = subprocess.Popen([HEDDLE, "ratelimit", "--rules", str(file), "--address", f"127.0.0.1:{port}"], stdout=out, stderr=out)
        self.limits_port = port

    def await_start(self, seconds=60):
        end = time.monotonic() + seconds
        while self.limits is not None:
            if self.limits.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"the rate-limit service of {self.name} does not start")
            try:
                socket.create_connection(("127.0.0.1", self.limits_port), 1).close()
                break
            except OSError:
                time.sleep(0.02)
        while True:
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{self.name} does not serve {self.config}:\n{self.out.read_text()[-3000:]}")
            try:
                if fetch(f"http://127.0.0.1:{self.admin}/ready", timeout=1)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)

    def stop(self):
        for process in filter(None, (self.process, self.limits)):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def lines(self):
        return self.log.read_text(errors="replace").splitlines() if self.log.exists() else []

    def plain(self, text):
        """A text without what differs by its nature: ports and ids that were drawn."""
        text = UUID.sub("<uuid>", str(text))
        for address in OWN:
            text = text.replace(address, "<machine>")
        text = re.sub(r"(?<=:)(\d{4,5})\b", lambda m: self.places.get(m[1], m[1]), text)
        return text


# What each proxy writes as it likes, or what no two runs share: taken out before comparison, each with its reason in docs/differences.md.
IGNORED_VALUES = {"date", "x-envoy-upstream-service-time", "x-ratelimit-reset"}


def fields(side, prefix, headers):
    """Headers by name, order and case of names put aside; of some only their presence counts."""
    out = {}
    for name, value in headers:
        key = f"{prefix}{name.lower()}"
        value = "<any>" if name.lower() in IGNORED_VALUES else side.plain(value)
        out[key] = f"{out[key]} | {value}" if key in out else value
    return out


def flat(side, responses, closed):
    """What was seen of one request, as one map."""
    out = {}
    for index, r in enumerate(responses):
        p = f"{index}." if len(responses) > 1 else ""
        out[p + "status"] = r.status
        if r.ended:
            out[p + "ended"] = r.ended
        if r.interim:
            out[p + "interim"] = r.interim
        out |= fields(side, p + "header.", r.headers)
        out |= fields(side, p + "trailer.", r.trailers)
        try:
            seen = json.loads(r.body) if r.body.startswith(b'{"echo"') else None
        except ValueError:
            seen = None
        if seen:
            out[p + "echo"] = seen["echo"]
            for k in ("method", "path", "version", "body"):
                out[f"{p}up.{k}"] = side.plain(seen[k])
            out |= fields(side, p + "up.header.", seen["headers"])
            out |= fields(side, p + "up.trailer.", seen["trailers"])
            # Its length follows from what the upstream has seen.
            out.pop(p + "header.content-length", None)
        else:
            out[p + "body"] = side.plain(r.body.decode("latin-1")) if len(r.body) < 2000 else f"{len(r.body)} bytes"
    if closed is not None:
        out["closed"] = closed
    return out


def difference(envoy, heddle):
    return {k: [envoy.get(k), heddle.get(k)] for k in sorted(envoy.keys() | heddle.keys()) if envoy.get(k) != heddle.get(k)}


def log_fields(side, line):
    try:
        entry = json.loads(line)
    except ValueError:
        return {"log.line": side.plain(line)}
    return {f"log.{k}": side.plain(v) if isinstance(v, str) else v for k, v in entry.items()}


def told(side, r):
    """What the admin API says: the chosen lines, as a map."""
    text = side.plain(fetch(f"http://127.0.0.1:{side.admin}{r['admin']}")[1])
    lines = [line for line in text.splitlines() if re.search(r.get("lines", ""), line)]
    return {k: v.strip() for k, _, v in (line.rpartition("::" if "::" in line else ": ") for line in lines)}


CLIENTS = {"http1": wire.http1, "http2": wire2.http2, "http2-tls": functools.partial(wire2.http2, tls=True)}
SLOTS = threading.Semaphore(3)


def run(path, upstreams, folder):
    """The differences of each request of a case: a list of maps from field to [Envoy's, ours]."""
    case = yaml.safe_load(path.read_text())
    folder.mkdir(parents=True, exist_ok=True)
    with SLOTS:
        sides = []
        try:
            for name in ("envoy", "heddle"):
                sides.append(Side(name, case, upstreams, folder))
            for side in sides:
                side.await_start()
            seen = []
            for side in sides:
                answers = []
                for r in requests(case):
                    # What a request has brought about off the loops takes its time.
                    time.sleep(r.get("pause", 0))
                    if "admin" in r:
                        answers.append(told(side, r))
                        continue
                    kind = wire.tcp if "tcp" in r else CLIENTS[case.get("client", "http1")]
                    answers.append(flat(side, *kind(side.port, r)))
                seen.append(answers)
        finally:
            for side in sides:
                side.stop()
    found = [difference(e, h) for e, h in zip(*seen)]
    logs = [[log_fields(s, line) for line in s.lines()] for s in sides]
    return case, seen, found, logs


def log_differences(logs):
    envoy, heddle = logs
    out = [difference(e, h) for e, h in zip(envoy, heddle)]
    if len(envoy) != len(heddle):
        out.append({"log.count": [len(envoy), len(heddle)]})
    return out
