"""A control plane that leaves something out: it stands before the real one and takes fields out of what that sends."""

import concurrent.futures

import grpc

ADS = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
# Paths of field numbers from envoy.service.discovery.v3.DiscoveryResponse on; 2, 2 is the content of a resource.
CIRCUIT_BREAKERS = (2, 2, 10)  # Cluster.circuit_breakers
OUTLIER_DETECTION = (2, 2, 19)  # Cluster.outlier_detection
CLUSTER_TLS = (2, 2, 24)  # Cluster.transport_socket
LOCALITY_WEIGHT = (2, 2, 2, 3)  # ClusterLoadAssignment.endpoints.load_balancing_weight
PRIORITY = (2, 2, 2, 5)  # ClusterLoadAssignment.endpoints.priority
ROUTE_HEADERS = (2, 2, 2, 3, 1, 6)  # RouteConfiguration.virtual_hosts.routes.match.headers
SERVER_TLS = (2, 2, 3, 6)  # Listener.filter_chains.transport_socket


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def encoded(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def without(message, path, marks):
    """The message without the field at the path, in those resources that hold one of the marks."""
    out, at = bytearray(), 0
    while at < len(message):
        start = at
        key, at = varint(message, at)
        kind, size = key & 7, 0
        if kind == 0:
            _, at = varint(message, at)
        elif kind == 2:
            size, at = varint(message, at)
            at += size
        else:
            at += {1: 8, 5: 4}[kind]
        if key >> 3 != path[0]:
            out += message[start:at]
        elif len(path) > 1:
            inner = message[at - size:at]
            if marks is None or any(mark in inner for mark in marks):
                inner = without(inner, path[1:], None)
            out += encoded(key) + encoded(len(inner)) + inner
    return bytes(out)


class Relay(grpc.GenericRpcHandler):
    """Serves on `address` what the control plane at `behind` says, without what the faults take out: (type, marks, path)."""

    def __init__(self, behind, faults):
        self.channel = grpc.insecure_channel(behind)
        self.faults = [(kind.encode(), [mark.encode() for mark in marks], path) for kind, marks, path in faults]
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(64), handlers=[self])
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def service(self, details):
        return grpc.stream_stream_rpc_method_handler(self.relay) if details.method == ADS else None

    def relay(self, requests, context):
        call = self.channel.stream_stream(ADS)(requests)
        context.add_callback(call.cancel)
        try:
            for response in call:
                for kind, marks, path in self.faults:
                    if kind in response:
                        response = without(response, path, marks)
                yield response
        except grpc.RpcError:
            return

    def end(self):
        self.server.stop(0).wait()
        self.channel.close()
