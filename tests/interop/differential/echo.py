"""Upstream servers that say what reached them, and misbehave where a request asks for it."""

import json
import pathlib
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse

REASONS = {200: "OK", 204: "No Content", 304: "Not Modified", 404: "Not Found", 500: "Internal Server Error",
           503: "Service Unavailable"}


class Ended(Exception):
    """The peer has closed its half."""


class Bytes:
    """Reads a socket by lines and by counts."""

    def __init__(self, sock):
        self.sock, self.kept = sock, b""

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise Ended
        self.kept += data

    def line(self):
        while b"\n" not in self.kept:
            self.more()
        line, self.kept = self.kept.split(b"\n", 1)
        return line.rstrip(b"\r").decode("latin-1")

    def count(self, n):
        while len(self.kept) < n:
            self.more()
        data, self.kept = self.kept[:n], self.kept[n:]
        return data

    def rest(self):
        try:
            while True:
                self.more()
        except Ended:
            data, self.kept = self.kept, b""
            return data

    def headers(self):
        found = []
        while True:
            line = self.line()
            if not line:
                return found
            name, _, value = line.partition(":")
            found.append([name, value.strip(" \t")])

    def chunks(self):
        body = b""
        while True:
            size = int(self.line().split(";")[0], 16)
            if size == 0:
                return body, self.headers()
            body += self.count(size)
            self.line()


def first(headers, name):
    return next((v for n, v in headers if n.lower() == name), None)


class Server:
    """Accepts on a free port until closed; each connection has its thread."""

    def __init__(self, name):
        self.name = name
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listening.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.run, args=(sock,), daemon=True).start()

    def run(self, sock):
        try:
            with sock:
                self.serve(sock)
        except (OSError, Ended, ValueError):
            pass

    def close(self):
        self.listening.close()


class Authority:
    """Issues one server's certificate; keys are made anew each time."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.pem = f"{self.folder.name}/ca.pem"
        self.server = f"{self.folder.name}/server.pem"
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self.openssl("req", "-x509", *key, "-days", "2", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca")
        self.openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
        (pathlib.Path(self.folder.name) / "names").write_text(
            "subjectAltName=DNS:a.example,DNS:b.example,URI:spiffe://twins/server\nextendedKeyUsage=serverAuth\n")
        self.openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                     "-out", "server.pem", "-extfile", "names")

    def openssl(self, *args):
        subprocess.run(["openssl", *args], cwd=self.folder.name, check=True, capture_output=True)

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server, f"{self.folder.name}/server.key")
        context.set_alpn_protocols(["h2", "http/1.1"])
        return context


class TcpEcho(Server):
    """Says its name, then gives back what it gets."""

    def serve(self, sock):
        sock.sendall(self.name.encode() + b"\n")
        while data := sock.recv(65536):
            sock.sendall(data)


class HttpEcho(Server):
    """Answers each HTTP/1.1 request with what it has seen; `x-do` asks for something else.

    `x-do` is a list of words, parted by commas: status=N, delay=SECONDS, size=BYTES, chunked, trailers, close, hangup,
    half, reset, interim=N, early, header=NAME:VALUE, raw=BYTES, bodydelay=SECONDS, switch; values are percent-encoded.
    """

    def serve(self, sock):
        data = Bytes(sock)
        while True:
            try:
                line = data.line()
            except Ended:
                return
            headers = data.headers()
            orders = [w.partition("=")[::2] for w in (first(headers, "x-do") or "").split(",") if w]
            if not self.answer(sock, data, line, headers, orders):
                return

    def more_headers(self, sock):
        """What the server has to say of the connection itself."""
        return []

    def body(self, data, headers):
        if "chunked" in (first(headers, "transfer-encoding") or ""):
            return data.chunks()
        length = first(headers, "content-length")
        return (data.count(int(length)) if length else b""), []

    def answer(self, sock, data, line, headers, orders):
        order = {k: urllib.parse.unquote(v) for k, v in orders}
        if "early" not in order and "switch" not in order:
            if (first(headers, "expect") or "").lower() == "100-continue":
                sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            body, trailers = self.body(data, headers)
        else:
            body, trailers = b"", []
        if "delay" in order:
            time.sleep(float(order["delay"]))
        if "hangup" in order:
            return False
        if "reset" in order:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if "raw" in order:
            sock.sendall(order["raw"].encode("latin-1"))
            return "close" not in order
        method, target, version = line.split(" ", 2)
        seen = {"echo": self.name, "method": method, "path": target, "version": version, "headers": headers + self.more_headers(sock),
                "body": body.decode("latin-1") if len(body) <= 4096 else f"{len(body)} bytes", "trailers": trailers}
        if "interim" in order:
            sock.sendall(f"HTTP/1.1 {order['interim']} Interim\r\nx-interim: yes\r\n\r\n".encode())
        out = [(k, urllib.parse.unquote(v)) for k, v in orders if k == "header"]
        fields = [("x-echo", self.name)] + [tuple(v.split(":", 1)) for _, v in out]
        if "switch" in order:
            fields += [("connection", "upgrade"), ("upgrade", first(headers, "upgrade") or "none")]
            head = "HTTP/1.1 101 Switching Protocols\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields) + "\r\n"
            sock.sendall(head.encode())
            while more := (data.kept or sock.recv(65536)):
                data.kept = b""
                sock.sendall(more)
            return False
        status = int(order.get("status", 200))
        text = b"x" * int(order["size"]) if "size" in order else json.dumps(seen).encode()
        if status in (204, 304):
            text = b""
        fields.append(("content-type", "text/plain" if "size" in order else "application/json"))
        chunked = "chunked" in order or "trailers" in order
        if chunked:
            fields.append(("transfer-encoding", "chunked"))
            if "trailers" in order:
                fields.append(("trailer", "x-trailer"))
        elif status != 204:
            fields.append(("content-length", str(len(text))))
        if "close" in order:
            fields.append(("connection", "close"))
        head = f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields) + "\r\n"
        if method == "HEAD":
            sock.sendall(head.encode())
            return "close" not in order
        if "half" in order:
            sock.sendall(head.encode() + text[:len(text) // 2])
            time.sleep(0.05)
            return False
        if "bodydelay" in order:
            sock.sendall(head.encode())
            time.sleep(float(order["bodydelay"]))
            head = ""
        if chunked:
            sock.sendall(head.encode() + f"{len(text):x}\r\n".encode() + text + b"\r\n0\r\n"
                         + (b"x-trailer: end\r\n" if "trailers" in order else b"") + b"\r\n")
        else:
            sock.sendall(head.encode() + text)
        return "close" not in order and "early" not in order


class TlsEcho(HttpEcho):
    """The same over TLS; it has seen two headers more: the name asked for and the protocol agreed on."""

    def __init__(self, name, authority):
        self.context = authority.context()
        self.context.sni_callback = lambda sock, asked, _: setattr(sock, "asked", asked)
        super().__init__(name)

    def run(self, sock):
        try:
            sock = self.context.wrap_socket(sock, server_side=True)
        except OSError:
            sock.close()
            return
        super().run(sock)

    def more_headers(self, sock):
        return [["sni", str(getattr(sock, "asked", None))], ["alpn", str(sock.selected_alpn_protocol())]]
