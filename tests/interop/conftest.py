"""A whole mesh for the tests: `./heddle up` on free ports, with every real runtime."""

import itertools
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A build elsewhere can be tested by naming its launcher.
HEDDLE = os.environ.get("HEDDLE", str(ROOT / "heddle"))


def envoy_binary():
    import envoy

    return str(pathlib.Path(envoy.__file__).parent / "_bin" / "envoy")


# Below the ports that the system gives to outgoing connections, one of which would take a free one before its server does.
PORTS = itertools.cycle(random.sample(range(20_000, 32_000), 12_000))


def free_port():
    """A port that nobody has and that this run has not given away before."""
    while True:
        port = next(PORTS)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def fetch(url, method="GET", body=None, headers=None, timeout=5):
    """(status, text, headers); an HTTP error is an answer, too."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as r:
            return r.status, r.read().decode(), r.headers
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode(), e.headers


def eventually(check, seconds, what, every=0.05):
    """Calls `check` until it returns something true, and returns that; fails naming `what`."""
    end = time.monotonic() + seconds
    last = None
    while True:
        try:
            last = check()
            if last:
                return last
        except (OSError, ValueError, KeyError) as e:
            last = repr(e)
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds} s: {what}; last seen: {last}")
        time.sleep(every)


class Mesh:
    def __init__(self, state):
        self.state = pathlib.Path(state)
        self.gateway_port, self.api_port, self.xds_port = free_port(), free_port(), free_port()
        self.started = []

    @property
    def gateway(self):
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def api(self):
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def xds(self):
        return f"127.0.0.1:{self.xds_port}"

    def up(self, *options):
        return subprocess.run(
            [HEDDLE, "up", "--detach", "--state", str(self.state), "--gateway-port", str(self.gateway_port),
             "--api-port", str(self.api_port), "--xds-port", str(self.xds_port), *options],
            capture_output=True, text=True, timeout=900)

    def down(self):
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return subprocess.run([HEDDLE, "down", "--state", str(self.state)], capture_output=True, text=True, timeout=60)

    def cli(self, *args, stdin=None):
        return subprocess.run([HEDDLE, *args, "--api", self.api], capture_output=True, text=True, timeout=60, input=stdin)

    def apply(self, text):
        code, answer, _ = fetch(self.api + "/api/v1/apply", "POST", text.encode(), {"Content-Type": "application/yaml"})
        return code, json.loads(answer)

    def get(self, plural, name, namespace="default"):
        code, answer, _ = fetch(f"{self.api}/api/v1/{plural}/{namespace}/{name}")
        return json.loads(answer) if code == 200 else None

    def delete(self, plural, name, namespace="default"):
        return fetch(f"{self.api}/api/v1/{plural}/{namespace}/{name}", "DELETE")[0]

    def status(self):
        return json.loads(fetch(self.api + "/api/v1/status")[1])

    def instances(self, service, namespace="default"):
        for s in self.status()["services"]:
            if (s["namespace"], s["name"]) == (namespace, service):
                return s["instances"]
        return []

    def hops(self, url=None, host=None):
        code, text, _ = fetch(url or self.gateway + "/", headers={"Host": host} if host else None)
        assert code == 200, f"{code}: {text[:500]}"
        return json.loads(text)["hops"]

    def run_files(self):
        return {p.stem: json.loads(p.read_text()) for p in (self.state / "run").glob("*.json")}

    def outbound(self):
        """Where the first instance of web sends its calls."""
        return next(f["environment"]["OUTBOUND"] for name, f in sorted(self.run_files().items()) if name.startswith("web") and f["role"] == "service")

    def start(self, name, command, env=None):
        logs = self.state / "test-logs"
        logs.mkdir(exist_ok=True)
        out = open(logs / f"{name}.log", "ab")
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **(env or {})}, cwd=ROOT)
        self.started.append(process)
        return process


@pytest.fixture(scope="session")
def mesh(tmp_path_factory):
    m = Mesh(tmp_path_factory.mktemp("mesh") / "state")
    result = m.up()
    print(result.stdout[-3000:])
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    m.up_output = result.stdout + result.stderr
    yield m
    ended = m.down()
    assert ended.returncode == 0, ended.stdout + ended.stderr
