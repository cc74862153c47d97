"""go-control-plane's own integration program, unmodified, drives our proxy in each of its six modes.

Its script starts an upstream, the proxy (`ENVOY`) with Envoy's flags, and the program itself, which is the control plane and the client: it changes
the whole configuration three times and wants one batch of requests of each to be answered by every listener. The ports are the program's own.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess

import pytest
from conftest import HEDDLE, ROOT, Mesh, eventually

MODULE, VERSION = "github.com/envoyproxy/go-control-plane", "v0.14.0"
PORTS = [*range(9000, 9008), 18000, 18001, 18080, 18090, 19000]
MODES = {"ads": ["ads"], "xds": ["xds"], "rest": ["rest"], "xds-mux": ["xds", "-mux"], "delta": ["delta"], "delta-ads": ["delta-ads"]}


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """A folder with the program's script, its bootstraps, and what the script starts."""
    # A start-up cache, as everyone has who has run `up`: the program gives its proxy two and a half seconds from its first request on.
    mesh = Mesh(tmp_path_factory.mktemp("up"))
    try:
        assert mesh.up().returncode == 0
    finally:
        mesh.down()
    built = ROOT / "tests/target/go-control-plane" / VERSION
    if not (built / "bin/test").exists():
        (built / "bin").mkdir(parents=True, exist_ok=True)
        (built / "go.mod").write_text(f"module heddle.test/interop\n\ngo 1.23.0\n\nrequire {MODULE} {VERSION}\n")
        env = {**os.environ, "GOFLAGS": "-mod=mod"}
        for target, package in (("upstream", "internal/upstream"), ("test", "pkg/test/main")):
            subprocess.run(["go", "build", "-o", f"bin/{target}", f"{MODULE}/{package}"], cwd=built, env=env, check=True)
        where = json.loads(subprocess.run(["go", "mod", "download", "-json", f"{MODULE}@{VERSION}"], cwd=built, env=env, check=True,
                                          capture_output=True, text=True).stdout)["Dir"]
        for part in ("sample", "scripts"):
            shutil.copytree(pathlib.Path(where) / part, built / part, dirs_exist_ok=True, copy_function=shutil.copyfile)
            (built / part).chmod(0o755)
    return built


def free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.mark.parametrize("mode", MODES)
def test_the_program_passes(mode, program):
    taken = [port for port in PORTS if not free(port)]
    assert taken == [], "the program cannot be told other ports"
    xds, *options = MODES[mode]
    # A file, as what the script leaves behind would keep a pipe open.
    with open(program / f"said.{mode}.log", "w+") as out:
        process = subprocess.Popen(["bash", "scripts/integration.sh", *options], cwd=program, start_new_session=True, stdout=out,
                                   stderr=subprocess.STDOUT, env={**os.environ, "XDS": xds, "ENVOY": HEDDLE})
        try:
            process.wait(120)
        finally:
            try:
                # The script ends what it has started, but not what that has become.
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        out.seek(0)
        said = out.read()
    eventually(lambda: all(free(port) for port in PORTS), 30, "the proxy and the upstream have ended")
    log = program / f"envoy.{xds}{''.join(options)}.log"
    shown = "\n".join(line for line in said.splitlines() if "batch" in line or "fail" in line)
    assert process.returncode == 0 and f"Test for {xds} passed!" in said, f"{shown}\n{log.read_text()[-4000:]}"
