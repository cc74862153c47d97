package io.heddle.proxy.engine;

import io.heddle.proxy.engine.Http2Peer.Stream;

/** Answers that a server of HTTP/2 gives as soon as a stream is there. */
final class Http2Answers {
  private Http2Answers() {}

  static void status(Stream stream, Changing<String> status) {
    stream.headers(true, ":status", status.get());
  }

  /** A message of gRPC that succeeds, with the five bytes before it. */
  static void grpc(Stream stream, Changing<byte[]> message) {
    stream.headers(false, ":status", "200", "content-type", "application/grpc");
    stream.data(message.get(), false);
    stream.headers(true, "grpc-status", "0");
  }
}
