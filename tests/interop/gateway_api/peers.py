"""Services that say what they were asked, over HTTP/1.1, HTTP/2 and TLS; and a client of gRPC."""

import http.client
import http.server
import json
import socket
import socketserver
import ssl
import threading
import time

import h2.config
import h2.connection
import h2.events


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """Who asked has gone: with a timeout that is what should happen."""


def http1(name, delay=0.0, context=None):
    """An HTTP/1.1 service; it has `port` and `seen`, the paths that it was asked for.

    `x-fail: TIMES:HOW` lets as many tries of a path fail, by a status, by `drop` (the connection ends without an answer) or by `slow` (an answer
    after 0.6 s). Which try it was is told as if it had been asked with the header `x-attempt`.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            length = int(self.headers.get("content-length") or 0)
            self.rfile.read(length)
            if self.headers.get("transfer-encoding") == "chunked":
                while size := int(self.rfile.readline().strip() or b"0", 16):
                    self.rfile.read(size + 2)
                self.rfile.readline()
            server.seen.append(self.path)
            time.sleep(delay)
            server.tries[self.path] = attempt = server.tries.get(self.path, 0) + 1
            times, _, how = (self.headers.get("x-fail") or "0:").partition(":")
            failing = attempt <= int(times)
            if failing and how == "drop":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if failing and how == "slow":
                time.sleep(0.6)
            headers = {}
            for key, value in self.headers.items():
                headers[key.lower()] = headers[key.lower()] + "," + value if key.lower() in headers else value
            headers["x-attempt"] = str(attempt)
            body = json.dumps({"backend": name, "method": self.command, "path": self.path, "headers": headers}).encode()
            self.send_response(int(how) if failing and how.isdigit() else 200)
            for key, value in (("x-backend", name), ("x-echo", "original"), ("x-backend-only", "yes"), ("x-more", "a")):
                self.send_header(key, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = answer

        def log_message(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    server.seen, server.tries = [], {}
    server.port = server.server_address[1]
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def http2(name):
    """An HTTP/2 service without TLS, which answers every request as a gRPC call that went well."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
            connection.initiate_connection()
            self.request.sendall(connection.data_to_send())
            asked = {}
            while data := self.request.recv(65536):
                for event in connection.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        asked[event.stream_id] = {k.decode(): v.decode() for k, v in event.headers}
                    elif isinstance(event, h2.events.DataReceived):
                        connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        headers = asked.pop(event.stream_id)
                        body = json.dumps({"backend": name, "path": headers[":path"], "headers": headers}).encode()
                        connection.send_headers(event.stream_id, [
                            (":status", "200"), ("content-type", "application/grpc"), ("x-backend", name)])
                        connection.send_data(event.stream_id, body)
                        connection.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)
                self.request.sendall(connection.data_to_send())

    class H2Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    server = H2Server(("127.0.0.1", 0), Handler)
    server.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def call(address, port, host, path, headers):
    """One gRPC call over HTTP/2 with prior knowledge: (headers and trailers, body)."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
    with socket.create_connection((address, port), timeout=10) as s:
        connection.initiate_connection()
        connection.send_headers(1, [(":method", "POST"), (":scheme", "http"), (":authority", host), (":path", path),
                                    ("content-type", "application/grpc"), ("te", "trailers"), *headers])
        connection.send_data(1, b"\0\0\0\0\0", end_stream=True)
        s.sendall(connection.data_to_send())
        got, body = {}, b""
        while True:
            data = s.recv(65536)
            if not data:
                raise OSError(f"closed; got {got}")
            for event in connection.receive_data(data):
                if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                    got.update({k: v for k, v in event.headers})
                elif isinstance(event, h2.events.DataReceived):
                    body += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, 1)
                elif isinstance(event, h2.events.StreamEnded):
                    return got, body
                elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
                    raise OSError(f"{event}; got {got}")
            s.sendall(connection.data_to_send())


def ask(address, port, method, host, path, headers, server_name=None):
    """One HTTP/1.1 request, over TLS with a server name: (status, {header: values joined}, body, certificate's name)."""
    sock = socket.create_connection((address, port), timeout=10)
    subject = ""
    if server_name is not None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        sock = context.wrap_socket(sock, server_hostname=server_name or None)
        subject = sock.getpeercert(True)
    connection = http.client.HTTPConnection(address, port, timeout=10)
    connection.sock = sock
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host)
        for key, value in headers:
            connection.putheader(key, value)
        if method in ("POST", "PUT", "PATCH"):
            connection.putheader("content-length", "0")
        connection.endheaders()
        response = connection.getresponse()
        got = {}
        for key, value in response.getheaders():
            key = key.lower()
            got[key] = got[key] + "," + value if key in got else value
        return response.status, got, response.read().decode(), subject
    finally:
        connection.close()
