"""The shop's orders: asks stock, then payments, each through the sidecar beside this process.

PORT, OUTBOUND (the sidecar's outbound listener), INSTANCE and VERSION come from the environment.
"""

import http.client
import http.server
import json
import os
import re
import signal
import threading
import urllib.parse

NAME = "orders"
PORT = int(os.environ["PORT"])
OUTBOUND = urllib.parse.urlsplit(os.environ["OUTBOUND"])
INSTANCE = os.environ.get("INSTANCE", NAME)
VERSION = os.environ.get("VERSION", "v1")
LARGEST_ANSWER = 1 << 20
TRACE_HEADER = re.compile(r"(traceparent|tracestate|b3|x-b3-[a-z]+|x-request-id)\Z")


class CalleeError(Exception):
    def __init__(self, callee, why):
        super().__init__(f"{callee}: {why}")
        self.callee = callee


class Outbound:
    """One kept connection to the sidecar, used by one thread."""

    def __init__(self):
        self.connection = None

    def get(self, callee, path, headers):
        """One GET; once more when the kept connection turned out to be dead."""
        reused = self.connection is not None
        try:
            return self.exchange(callee, path, headers)
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            self.close()
            if not reused:
                raise CalleeError(callee, repr(error)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise CalleeError(callee, repr(error)) from error
        return self.get(callee, path, headers)

    def exchange(self, callee, path, headers):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(OUTBOUND.hostname, OUTBOUND.port, timeout=15)
        self.connection.request("GET", path, headers={**headers, "host": callee})
        response = self.connection.getresponse()
        body = response.read(LARGEST_ANSWER + 1)
        if len(body) > LARGEST_ANSWER:
            raise ValueError(f"answer above {LARGEST_ANSWER} bytes")
        if response.status != 200:
            text = body[:500].decode("utf-8", "replace")
            raise CalleeError(callee, f"status {response.status}: {text}")
        return json.loads(body)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves one connection on a thread of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self):
        super().setup()
        self.outbound = Outbound()

    def finish(self):
        self.outbound.close()
        try:
            super().finish()
        except ConnectionError as error:
            self.log_error("connection lost while answering: %r", error)

    def do_GET(self):
        if self.path == "/healthz":
            self.answer(200, {"status": "ok"})
            return
        headers = {
            name.lower(): value
            for name, value in self.headers.items()
            if TRACE_HEADER.match(name.lower())
        }
        own = {
            "service": NAME,
            "language": "Python",
            "instance": INSTANCE,
            "version": VERSION,
            "headers": headers,
        }
        try:
            stock = self.outbound.get("stock", "/stock", headers)
            payments = self.outbound.get("payments", "/payments", headers)
            self.answer(200, {"service": NAME, "hops": [own, *stock["hops"], *payments["hops"]]})
        except CalleeError as error:
            self.answer(502, {"service": NAME, "callee": error.callee, "error": str(error)})

    def answer(self, status, value):
        body = (json.dumps(value) + "\n").encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_request(self, code="-", size="-"):
        """The sidecar beside this process writes the access log."""


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True


def main():
    server = Server(("127.0.0.1", PORT), Handler)

    def stop(_signal, _frame):
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"{NAME} {INSTANCE} {VERSION} on 127.0.0.1:{PORT}, outbound {OUTBOUND.netloc}", flush=True)
    server.serve_forever(poll_interval=0.2)
    server.socket.close()


if __name__ == "__main__":
    main()
