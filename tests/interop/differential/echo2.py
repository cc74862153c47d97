"""The same upstream for HTTP/2 by prior knowledge."""

import json
import time
import urllib.parse

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from .echo import Server, first


class Http2Echo(Server):
    """Answers each request with what it has seen; of `x-do` it knows
    status=N, size=BYTES (at most 60,000), trailers, delay=SECONDS, interim=N, header=NAME:VALUE, early, reset=CODE, cut=CODE and goaway.
    """

    def serve(self, sock):
        http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="latin-1", validate_outbound_headers=False))
        http.initiate_connection()
        sock.sendall(http.data_to_send())
        seen = {}
        while data := sock.recv(65536):
            try:
                events = http.receive_data(data)
            except h2.exceptions.ProtocolError:
                return  # After our GOAWAY, which ends it.
            for event in events:
                number = getattr(event, "stream_id", None)
                match event:
                    case h2.events.RequestReceived():
                        headers = [[str(n), str(v)] for n, v in event.headers]
                        seen[number] = {"headers": headers, "body": b"", "trailers": []}
                        if "early" in (first(headers, "x-do") or ""):
                            self.answer(http, sock, number, seen.pop(number))
                    case h2.events.DataReceived():
                        if number in seen:
                            seen[number]["body"] += event.data
                        http.acknowledge_received_data(event.flow_controlled_length, number)
                    case h2.events.TrailersReceived():
                        seen[number]["trailers"] = [[str(n), str(v)] for n, v in event.headers]
                    case h2.events.StreamEnded() if number in seen:
                        self.answer(http, sock, number, seen.pop(number))
            sock.sendall(http.data_to_send())

    def answer(self, http, sock, number, request):
        headers = request["headers"]
        orders = [w.partition("=")[::2] for w in (first(headers, "x-do") or "").split(",") if w]
        order = {k: urllib.parse.unquote(v) for k, v in orders}
        if "delay" in order:
            time.sleep(float(order["delay"]))
        if "reset" in order:
            http.reset_stream(number, h2.errors.ErrorCodes[order["reset"]])
            return
        if "interim" in order:
            http.send_headers(number, [(":status", order["interim"]), ("x-interim", "yes")])
        text = {"echo": self.name, "method": first(headers, ":method"), "path": first(headers, ":path"), "version": "HTTP/2",
                "headers": [h for h in headers if h[0] not in (":method", ":path")],
                "body": request["body"].decode("latin-1") if len(request["body"]) <= 4096 else f"{len(request['body'])} bytes",
                "trailers": request["trailers"]}
        body = b"x" * int(order["size"]) if "size" in order else json.dumps(text).encode()
        out = [tuple(urllib.parse.unquote(v).split(":", 1)) for k, v in orders if k == "header"]
        status = order.get("status", "200")
        fields = [(":status", status), ("x-echo", self.name), ("content-type", "text/plain" if "size" in order else "application/json"), *out]
        if status in ("204", "304"):
            http.send_headers(number, fields, end_stream=True)
            return
        http.send_headers(number, fields, end_stream=first(headers, ":method") == "HEAD")
        if first(headers, ":method") == "HEAD":
            return
        for at in range(0, len(body), 16_000):
            http.send_data(number, body[at:at + 16_000], end_stream="trailers" not in order and at + 16_000 >= len(body) and "cut" not in order)
        if "cut" in order:
            http.reset_stream(number, h2.errors.ErrorCodes[order["cut"]])
        elif "trailers" in order:
            http.send_headers(number, [("x-trailer", "end")], end_stream=True)
        if "goaway" in order:
            http.close_connection()
