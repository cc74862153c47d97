"""2 GiB up and 2 GiB down through two proxies in a row: memory stays flat, and an answer need not wait for its request."""

import os
import pathlib
import socket
import threading

import pytest
from conftest import HEDDLE, eventually, fetch, free_port

GIB = 1 << 30
BYTES = int(os.environ.get("HEDDLE_BULK_BYTES", 2 * GIB))
BLOCK = b"\x55" * (1 << 20)
RSS_GROWTH = 32 << 20
WARM_UP = 256 << 20

BOOTSTRAP = """
node: {{id: bulk-{port}, cluster: bulk}}
admin: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {admin}}}}}}}
static_resources:
  listeners:
  - name: bulk
    address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: bulk
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
          route_config:
            name: bulk
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {{prefix: "/"}}
                route: {{cluster: next, timeout: 0s}}
  clusters:
  - name: next
    type: STATIC
    load_assignment:
      cluster_name: next
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {upstream}}}}}}}
"""


def head_of(stream):
    lines = []
    while True:
        line = stream.readline()
        if line in (b"\r\n", b""):
            return lines
        lines.append(line.decode().strip())


def content_length(head):
    return next(int(line.split(":")[1]) for line in head if line.lower().startswith("content-length:"))


class Origin:
    """Counts what it is sent, sends what it is asked for; answers `/early` before it reads the body."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.server.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            self.answer(connection)
        except ConnectionError:
            pass  # the proxy let go of it, as the test that stops reading wants

    def answer(self, connection):
        with connection, connection.makefile("rb", buffering=1 << 16) as stream:
            while head := head_of(stream):
                path = head[0].split()[1]
                if path.startswith("/down/"):
                    size = int(path.removeprefix("/down/"))
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
                    for _ in range(size // len(BLOCK)):
                        connection.sendall(BLOCK)
                elif path == "/early":
                    # The first byte of the answer goes as soon as the head has come, the rest after the body.
                    connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nearly\r\n")
                    count = drain(stream, content_length(head))
                    text = str(count).encode()
                    connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(text), text))
                elif path == "/up":
                    text = str(drain(stream, content_length(head))).encode()
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(text), text))
                else:
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


def drain(stream, length):
    buffer, count = memoryview(bytearray(1 << 20)), 0
    while count < length:
        read = stream.readinto(buffer[:min(len(buffer), length - count)])
        if not read:
            break
        count += read
    return count


def rss(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) << 10


class Sampler:
    """The highest RSS of each process while it runs."""

    def __init__(self, pids):
        self.pids, self.ending, self.most = pids, threading.Event(), {p: 0 for p in pids}
        self.thread = threading.Thread(target=self.sample, daemon=True)
        self.thread.start()

    def sample(self):
        while not self.ending.wait(0.05):
            for pid in self.pids:
                self.most[pid] = max(self.most[pid], rss(pid))

    def end(self):
        self.ending.set()
        self.thread.join()
        return self.most


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """client → first → second → origin; gives the first port and both pids."""
    import subprocess
    folder, origin, started = tmp_path_factory.mktemp("bulk"), Origin(), []
    upstream, first = origin.port, None
    try:
        for name in ("second", "first"):
            port, admin = free_port(), free_port()
            file = folder / f"{name}.yaml"
            file.write_text(BOOTSTRAP.format(port=port, admin=admin, upstream=upstream))
            log = open(folder / f"{name}.log", "ab")
            started.append(subprocess.Popen([HEDDLE, "proxy", "-c", str(file), "--concurrency", "1"], stdout=log, stderr=log))
            eventually(lambda: fetch(f"http://127.0.0.1:{admin}/ready")[0] == 200, 600, f"{name} ready")
            upstream = first = port
        yield first, [p.pid for p in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)
        origin.server.close()


def connect(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=60)
    return s, s.makefile("rb", buffering=1 << 16)


def upload(port, path, size=BYTES):
    s, stream = connect(port)
    with s:
        s.sendall(b"POST %s HTTP/1.1\r\nhost: bulk\r\ncontent-length: %d\r\n\r\n" % (path, size))
        for _ in range(size // len(BLOCK)):
            s.sendall(BLOCK)
        head = head_of(stream)
        assert head[0].startswith("HTTP/1.1 200"), head
        return int(stream.read(content_length(head)))


def download(port, size=BYTES):
    s, stream = connect(port)
    with s:
        s.sendall(b"GET /down/%d HTTP/1.1\r\nhost: bulk\r\n\r\n" % size)
        head = head_of(stream)
        assert head[0].startswith("HTTP/1.1 200") and content_length(head) == size, head
        return drain(stream, size)


def test_two_gib_each_way_leave_memory_flat(chain):
    """Growth counts from processes that have moved 256 MiB each way: what compiling that code takes is no matter of size."""
    port, pids = chain
    idle = {pid: rss(pid) for pid in pids}
    assert upload(port, b"/up", WARM_UP) == WARM_UP and download(port, WARM_UP) == WARM_UP
    before = {pid: rss(pid) for pid in pids}
    sampler = Sampler(pids)
    assert upload(port, b"/up") == BYTES
    assert download(port) == BYTES
    most = sampler.end()
    growth = {pid: (most[pid] - before[pid]) / (1 << 20) for pid in pids}
    print(f"{BYTES >> 20} MiB each way: RSS when idle {[b >> 20 for b in idle.values()]} MiB, warm {[b >> 20 for b in before.values()]} MiB, "
          f"at most {[m >> 20 for m in most.values()]} MiB")
    assert all(most[pid] - before[pid] <= RSS_GROWTH for pid in pids), growth


def test_the_first_byte_of_an_answer_leaves_before_the_last_byte_of_its_request_has_come(chain):
    port, _ = chain
    s, stream = connect(port)
    with s:
        s.sendall(b"POST /early HTTP/1.1\r\nhost: bulk\r\ncontent-length: 10\r\n\r\n12345")
        assert head_of(stream)[0].startswith("HTTP/1.1 200")
        assert stream.readline() == b"5\r\n" and stream.readline() == b"early\r\n"
        s.sendall(b"67890")
        assert stream.readline() == b"2\r\n" and stream.readline() == b"10\r\n" and stream.readline() == b"0\r\n"


def test_a_reader_that_stops_makes_the_sender_wait_and_no_memory_grow(chain):
    port, pids = chain
    before = {pid: rss(pid) for pid in pids}
    s, stream = connect(port)
    with s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        s.sendall(b"GET /down/%d HTTP/1.1\r\nhost: bulk\r\n\r\n" % BYTES)
        assert head_of(stream)[0].startswith("HTTP/1.1 200")
        # Two seconds at loopback speed would be gigabytes, if nobody held the sender back.
        sampler = Sampler(pids)
        threading.Event().wait(2)
        most = sampler.end()
    assert all(most[pid] - before[pid] <= RSS_GROWTH for pid in pids), {p: (most[p] - before[p]) >> 20 for p in pids}
