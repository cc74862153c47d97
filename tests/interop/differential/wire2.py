"""Sends a request over HTTP/2, well formed or not, and reads what comes back."""

import socket
import ssl

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from .wire import Response, connect

CODES = {c.value: c.name for c in h2.errors.ErrorCodes}


def request_fields(request):
    """The fields of a case's request: `fields` as they are, or a method with its path, `host` and `headers`."""
    if "fields" in request:
        return [tuple(str(part) for part in f) for f in request["fields"]]
    fields = [(":method", request["method"]), (":scheme", "http")]
    if request["method"] == "CONNECT":
        fields = [(":method", "CONNECT"), (":authority", request["path"])]
    else:
        fields += [(":authority", request.get("host", "test.example")), (":path", request["path"])]
    headers = request.get("headers") or {}
    for name, value in headers.items() if isinstance(headers, dict) else headers:
        for v in value if isinstance(value, list) else [value]:
            fields.append((str(name), str(v)))
    return fields


class Client:
    """One connection, which breaks the rules where a case asks it to."""

    def __init__(self, port, timeout, tls):
        self.sock = connect(port, timeout)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols(["h2", "http/1.1"])
            self.sock = context.wrap_socket(self.sock, server_hostname="a.example")
        config = h2.config.H2Configuration(client_side=True, header_encoding="latin-1", validate_outbound_headers=False,
                                           normalize_outbound_headers=False, validate_inbound_headers=False,
                                           normalize_inbound_headers=False)
        self.http = h2.connection.H2Connection(config)
        self.http.initiate_connection()
        self.found, self.gone = {}, None
        self.flush()

    def flush(self):
        data = self.http.data_to_send()
        if data:
            self.sock.sendall(data)

    def send(self, request):
        """One request, whole; the number of its stream."""
        number = self.http.get_next_available_stream_id()
        self.found[number] = Response()
        body, trailers = request.get("body"), request.get("trailers")
        if isinstance(body, int):
            body = "b" * body
        open_end = request.get("open", False)
        fields = request_fields(request)
        if body is not None and request.get("length", True) and not any(n == "content-length" for n, _ in fields):
            fields.append(("content-length", str(len(body))))
        # What fits leaves at once, so that no proxy answers before it has seen all of it.
        self.http.send_headers(number, fields, end_stream=body is None and trailers is None and not open_end)
        while body:
            if self.http.local_flow_control_window(number) <= 0:
                self.flush()
                self.read_until(lambda: self.over(number) or self.http.local_flow_control_window(number) > 0)
            if self.over(number):
                return number
            room = min(self.http.local_flow_control_window(number), self.http.max_outbound_frame_size)
            piece, body = body[:room], body[room:]
            self.http.send_data(number, piece.encode("latin-1"), end_stream=not body and trailers is None and not open_end)
        if request.get("body") == "" and trailers is None and not open_end:
            self.http.send_data(number, b"", end_stream=True)
        if trailers is not None:
            self.http.send_headers(number, [(str(n), str(v)) for n, v in trailers.items()], end_stream=True)
        self.flush()
        return number

    def over(self, number):
        response = self.found[number]
        return bool(response.ended) or self.gone is not None or number in self.done

    @property
    def done(self):
        return {n for n, r in self.found.items() if getattr(r, "whole", False)}

    def read_until(self, enough):
        while not enough():
            data = self.sock.recv(65536)
            if not data:
                self.gone = self.gone or "closed"
                return
            for event in self.http.receive_data(data):
                self.take(event)
            self.flush()

    def take(self, event):
        response = self.found.get(getattr(event, "stream_id", 0) or 0)
        match event:
            case h2.events.InformationalResponseReceived():
                response.interim.append(int(dict(event.headers)[":status"]))
            case h2.events.ResponseReceived():
                fields = [(str(n), str(v)) for n, v in event.headers]
                response.status = int(dict(fields)[":status"])
                response.headers = [(n, v) for n, v in fields if n != ":status"]
            case h2.events.DataReceived():
                response.body += event.data
                if event.flow_controlled_length:
                    try:
                        self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    except h2.exceptions.StreamClosedError:
                        pass
            case h2.events.TrailersReceived():
                response.trailers = [(str(n), str(v)) for n, v in event.headers]
            case h2.events.StreamEnded():
                response.whole = True
            case h2.events.StreamReset():
                # A response that is whole stays so: the rest of the request is what is not wanted.
                if response is not None and not getattr(response, "whole", False):
                    response.ended = f"reset {CODES.get(int(event.error_code), event.error_code)}"
            case h2.events.ConnectionTerminated():
                if int(event.error_code):
                    self.gone = f"goaway {CODES.get(int(event.error_code), event.error_code)}"

    def close(self):
        self.sock.close()


def http2(port, request, timeout=8, tls=False):
    """The response to one request, or one to each time that it is sent at once on the same connection (`times`)."""
    client = Client(port, timeout, tls)
    numbers = []
    try:
        for _ in range(request.get("times", 1)):
            numbers.append(client.send(request))
        client.read_until(lambda: all(client.over(n) for n in numbers))
    except (TimeoutError, socket.timeout):
        for n in numbers:
            if not client.over(n):
                client.found[n].ended = "timeout"
    except (OSError, h2.exceptions.ProtocolError) as e:
        client.gone = client.gone or ("closed" if isinstance(e, OSError) else f"protocol error: {e}")
    finally:
        client.close()
    found = [client.found[n] for n in numbers] or [Response()]
    for response in found:
        if not response.ended and not getattr(response, "whole", False):
            response.ended = client.gone or "cut"
    return found, None
