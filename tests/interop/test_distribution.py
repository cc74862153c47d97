"""The jars of the distribution, from which what nobody calls was taken, do what the whole ones do."""

import pathlib
import re
import subprocess
import zipfile

from conftest import HEDDLE, ROOT

BOOTSTRAPS = sorted((ROOT / "tests" / "bootstraps").glob("*.yaml"))


def home(mesh):
    """The folder with lib/, from the command of a proxy that runs."""
    command = next(run["command"] for run in mesh.run_files().values() if run["role"] == "sidecar")
    return re.search(r"(/[^:]*)/lib/mesh/", command[command.index("-cp") + 1])[1], command[0]


def test_every_bootstrap_is_judged_as_by_the_whole_jars(mesh, tmp_path):
    folder, java = home(mesh)
    javac = java.removesuffix("java") + "javac"
    source = ROOT / "tests/interop/distribution/io/heddle/proxy/app/ValidateAll.java"
    subprocess.run([javac, "-d", str(tmp_path), "-cp", f"{folder}/lib/proxy/*", str(source)], check=True)
    done = subprocess.run(
        [java, "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-cp", f"{tmp_path}:{folder}/lib/proxy/*",
         "io.heddle.proxy.app.ValidateAll", *map(str, BOOTSTRAPS)],
        capture_output=True, text=True, timeout=180, cwd=ROOT)
    codes = dict(reversed(line.split(" ")[1:3]) for line in done.stdout.splitlines() if line.startswith("== "))
    assert len(codes) == len(BOOTSTRAPS) > 150, done.stderr[-2000:]
    wrong = {f.name: codes[str(f)] for f in BOOTSTRAPS if (codes[str(f)] == "0") == f.name.endswith(".bad.yaml")}
    assert not wrong, (wrong, done.stdout[-4000:])
    # What a missing method or class would look like.
    assert not re.search(r"fault of extension|internal error|NoSuchMethod|NoSuchField|NoClassDef|missing method", done.stdout), done.stdout[-4000:]


def test_the_messages_have_been_stripped(mesh):
    folder, _ = home(mesh)
    jar, = pathlib.Path(folder, "lib", "proxy").glob("armeria-xds-api-*.jar")
    names = zipfile.ZipFile(jar).namelist()
    assert "META-INF/heddle/messages.txt" in names
    assert len(names) < 6_000, len(names)


def test_a_message_whose_class_has_gone_is_known_by_its_file(tmp_path):
    """Lua is none of our filters, but a message that a bootstrap may hold where it is optional."""
    bootstrap = tmp_path / "optional.yaml"
    bootstrap.write_text("""
static_resources:
  listeners:
  - name: main
    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: main
          route_config: {name: r}
          http_filters:
          - name: lua
            is_optional: true
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
              default_source_code: {inline_string: ""}
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
""")
    done = subprocess.run([HEDDLE, "proxy", "--mode", "validate", "-c", str(bootstrap)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
