"""Sends the bytes of a request and reads what comes back."""

import dataclasses
import socket

from .echo import Bytes, Ended, first


@dataclasses.dataclass
class Response:
    status: object = None
    headers: list = dataclasses.field(default_factory=list)
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    interim: list = dataclasses.field(default_factory=list)
    ended: str = ""


def request_bytes(request):
    """A request of a case as bytes: `raw`, or a method with its path, `host`, `headers` and `body`."""
    if "raw" in request:
        return request["raw"].encode("latin-1")
    method, path = request["method"], request["path"]
    lines = [f"{method} {path} HTTP/1.1", f"host: {request.get('host', 'test.example')}"]
    headers = request.get("headers") or {}
    for name, value in headers.items() if isinstance(headers, dict) else headers:
        for v in value if isinstance(value, list) else [value]:
            lines.append(f"{name}: {v}")
    body = request.get("body")
    if isinstance(body, int):
        body = "b" * body
    if request.get("chunked"):
        lines.append("transfer-encoding: chunked")
        trailers = "".join(f"{n}: {v}\r\n" for n, v in (request.get("trailers") or {}).items())
        tail = (f"{len(body):x}\r\n{body}\r\n" if body else "") + f"0\r\n{trailers}\r\n"
    else:
        if body is not None:
            lines.append(f"content-length: {len(body)}")
        tail = body or ""
    return ("\r\n".join(lines) + "\r\n\r\n" + tail).encode("latin-1")


def read_response(data, head_only):
    response = Response()
    try:
        while True:
            line = data.line()
            parts = line.split(" ", 2)
            if not line.startswith("HTTP/1.") or len(parts) < 2:
                response.ended = f"not a status line: {line[:100]}"
                return response
            status, headers = int(parts[1]), data.headers()
            if status >= 200 or status == 101:
                break
            response.interim.append(status)
        response.status, response.headers = status, headers
        if head_only or status in (101, 204, 304):
            pass
        elif "chunked" in (first(headers, "transfer-encoding") or ""):
            response.body, response.trailers = data.chunks()
        elif first(headers, "content-length") is not None:
            response.body = data.count(int(first(headers, "content-length")))
        else:
            response.body = data.rest()
    except Ended:
        response.ended = "cut" if response.status else "closed"
    except (ConnectionResetError, BrokenPipeError):
        response.ended = "cut" if response.status else "closed"
    except TimeoutError:
        response.ended = "timeout"
    return response


def connect(port, timeout):
    sock = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def closes(sock, data, seconds=3):
    """Whether the peer closes by itself."""
    sock.settimeout(seconds)
    try:
        data.rest()
        return True
    except TimeoutError:
        return False
    except OSError:
        return True


def http1(port, request, timeout=8):
    """All responses to one request, or to as many as its raw bytes hold (`responses`), and whether the peer then closed."""
    with connect(port, timeout) as sock:
        data = Bytes(sock)
        try:
            sock.sendall(request_bytes(request))
        except OSError:
            pass
        found = []
        for _ in range(request.get("responses", 1)):
            found.append(read_response(data, request.get("method") == "HEAD"))
            if found[-1].ended:
                break
        if "then" in request and found[-1].status == 101:
            sock.sendall(request["then"].encode())
            found[-1].body = data.count(len(request["then"]))
        closed = None
        if request.get("closes") and not found[-1].ended:
            closed = closes(sock, data)
        return found, closed


def tcp(port, request, timeout=8):
    """Sends bytes, closes our half where told to, and reads to the end."""
    with connect(port, timeout) as sock:
        response = Response(status="tcp")
        try:
            sock.sendall(request["tcp"].encode("latin-1"))
            data = Bytes(sock)
            if request.get("half_close", True):
                sock.shutdown(socket.SHUT_WR)
            response.body = data.rest()
        except TimeoutError:
            response.ended = "timeout"
        except OSError:
            response.ended = "reset"
        return [response], None
