"""A gRPC application without a proxy, in Python. See ../README.md for what it prints."""

import concurrent.futures
import json
import sys
import time

import grpc
import grpc.experimental

METHOD = "/test.Echo/Say"


class Echo(grpc.GenericRpcHandler):
    def __init__(self, name):
        self.name = name

    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(self.say)

    def say(self, body, context):
        text = body.decode()
        if text.startswith("sleep:"):
            time.sleep(int(text[6:]) / 1000)
        elif text == "fail:" + self.name:
            context.abort(grpc.StatusCode.INTERNAL, "as asked")
        return self.name.encode()


def serve(address, name):
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(32), handlers=[Echo(name)], xds=True)
    server.add_secure_port(address, grpc.xds_server_credentials(grpc.insecure_server_credentials()))
    server.start()
    server.wait_for_termination()


def client():
    credentials = grpc.xds_channel_credentials(grpc.experimental.insecure_channel_credentials())
    methods = {}
    pool = concurrent.futures.ThreadPoolExecutor(32)

    def call(asked):
        try:
            return methods[asked["target"]](asked["body"].encode(), timeout=20, metadata=list((asked.get("headers") or {}).items())).decode()
        except grpc.RpcError as e:
            return f"{e.code().name}: {e.details()}"

    for line in sys.stdin:
        asked = json.loads(line)
        if asked["target"] not in methods:
            methods[asked["target"]] = grpc.secure_channel(asked["target"], credentials).unary_unary(METHOD)
        each = [asked] * asked["count"]
        if asked["atOnce"]:
            calls = []
            for one in each:
                time.sleep(asked["apart"] / 1000)
                calls.append(pool.submit(call, one))
            answers = [one.result() for one in calls]
        else:
            answers = [call(one) for one in each]
        print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    serve(*sys.argv[2:]) if sys.argv[1] == "serve" else client()
