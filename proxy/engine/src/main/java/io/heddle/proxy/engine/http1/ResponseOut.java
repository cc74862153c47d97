package io.heddle.proxy.engine.http1;

import io.heddle.proxy.codec.ChunkWriter;
import io.heddle.proxy.codec.ConnectionOption;
import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.HttpVersion;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.ResponseWriter;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.exchange.ExchangeBytes;
import io.heddle.proxy.engine.exchange.HttpChain;
import io.heddle.proxy.engine.loop.Output;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.HttpConnectionManagerConfig.ServerHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DuplexChannel;

/**
 * The responses of one connection on their way out, framed as its client understands them. Owned by
 * the connection's loop.
 */
final class ResponseOut {
  private final Worker worker;
  private final HttpChain manager;
  private final Output output;
  private final ExchangeBytes bytes = new ExchangeBytes();
  private Framing framing = Framing.NONE;
  private long length;
  private boolean http10;
  private boolean headRequest;
  private long countedBytes;
  private long before;

  ResponseOut(Worker worker, DuplexChannel channel, HttpChain manager) {
    this.worker = worker;
    this.manager = manager;
    this.output = new Output(worker, channel);
  }

  /** What counts the bytes of the exchange under way; it knows what was sent until now. */
  ExchangeBytes bytes() {
    long now = output.bytes();
    bytes.client.sent(now - before);
    before = now;
    return bytes;
  }

  /** So many bytes of the request have come. */
  void received(int size) {
    bytes.client.received(size);
  }

  /** So many of them are fields. */
  void headReceived(int size) {
    bytes.client.headReceived(size);
  }

  /** What comes and is sent from here on belongs to another exchange. */
  void renewBytes() {
    before = output.bytes();
    bytes.clear();
  }

  /** What follows answers this request. */
  void begin(RequestHead request) {
    http10 = request.version() == HttpVersion.HTTP_1_0;
    headRequest = request.methodIs("HEAD");
  }

  /** Does not take ownership. */
  void informational(ResponseHead head) {
    bytes.client.headSent(
        ResponseWriter.write(head, Framing.NONE, -1, ConnectionOption.NONE, output.buffer()));
  }

  /** The client may send its body. */
  void goOn() {
    ResponseWriter.writeContinue(output.buffer());
  }

  /** From here on the connection carries what this head names, or what a CONNECT asked for. */
  void switched(ResponseHead head) {
    framing = Framing.UNTIL_CLOSE;
    ConnectionOption option =
        head.status() == 101 ? ConnectionOption.UPGRADE : ConnectionOption.NONE;
    // What follows has no framing to speak of, and is not the connection's end.
    bytes.client.headSent(ResponseWriter.write(head, Framing.NONE, -1, option, output.buffer()));
  }

  /** Decides how the body ends; tells whether only by the connection's end. */
  boolean frame(ResponseHead head, boolean end) {
    int status = head.status();
    length = head.contentLength();
    if (headRequest || status == 204 || status == 304) {
      framing = Framing.NONE;
    } else if (length >= 0) {
      framing = Framing.LENGTH;
    } else if (end) {
      framing = Framing.LENGTH;
      length = 0;
    } else {
      framing = http10 ? Framing.UNTIL_CLOSE : Framing.CHUNKED;
    }
    return framing == Framing.UNTIL_CLOSE;
  }

  /** Writes the head, framed before. Does not take ownership. */
  void head(ResponseHead head, boolean close) {
    ConnectionOption option =
        close
            ? ConnectionOption.CLOSE
            : http10 ? ConnectionOption.KEEP_ALIVE : ConnectionOption.NONE;
    bytes.client.headSent(ResponseWriter.write(head, framing, length, option, output.buffer()));
  }

  /** Takes ownership. */
  void data(ByteBuf data, boolean end) {
    int size = data.readableBytes();
    if (framing == Framing.NONE) {
      data.release();
      return;
    }
    if (framing == Framing.CHUNKED) {
      if (size > 0) {
        ChunkWriter.writeSize(size, output.buffer());
        output.write(data);
        ChunkWriter.writeEnd(output.buffer());
      } else {
        data.release();
      }
      if (end) {
        ChunkWriter.writeLast(output.buffer());
      }
    } else {
      output.write(data);
    }
  }

  /** Does not take ownership. */
  void trailers(Trailers trailers) {
    if (framing == Framing.CHUNKED) {
      bytes.client.headSent(ChunkWriter.writeLast(trailers, output.buffer()));
    }
  }

  /** Writes a response of our own for a request without an exchange; the last of the connection. */
  void whole(int status, String body, boolean withBody) {
    ServerHeader server = manager.config().serverHeader();
    // Where only a host's name is passed on there is none to give.
    String name =
        server.transformation() == ServerHeader.Transformation.PASS_THROUGH ? "" : server.name();
    bytes.client.headSent(
        ResponseWriter.writeWhole(
            status, body, withBody, ConnectionOption.CLOSE, worker.date(), name, output.buffer()));
  }

  /** Counts what was sent since the last time. */
  void count() {
    long sent = output.bytes();
    worker.stats().add(manager.stats().txBytes, sent - countedBytes);
    countedBytes = sent;
  }

  void flushIfQueued() {
    output.flushIfQueued();
  }

  /** Drops what was not flushed. */
  void discard() {
    output.discard();
  }
}
