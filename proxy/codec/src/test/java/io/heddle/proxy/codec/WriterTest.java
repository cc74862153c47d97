package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.proxy.api.HeaderName;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("StringConcatToTextBlock") // The line ends are what is tested.
final class WriterTest {
  private static final HeaderName A = HeaderName.of("x-a");
  private static final HeaderName B = HeaderName.of("x-b");

  private final HeadPool pool = new HeadPool(4);
  private final ByteBuf out = Unpooled.buffer(8);

  @AfterEach
  void release() {
    out.release();
    assertThat(pool.leased()).isZero();
  }

  @Test
  void writesARequestAsItCame() {
    RequestHead head =
        request(
            "GET /a?b HTTP/1.1\r\n"
                + "X-A: 1\r\n"
                + "Host: h:1\r\n"
                + "Connection: close, x-c\r\n"
                + "x-c: 3\r\n"
                + "X-B:2 \r\n\r\n");
    RequestWriter.write(head, Framing.NONE, -1, ConnectionOption.NONE, out);
    assertThat(written()).isEqualTo("GET /a?b HTTP/1.1\r\nhost: h:1\r\nx-a: 1\r\nx-b: 2\r\n\r\n");
    head.release();
  }

  @Test
  void writesChangesInPlaceOfWhatTheyReplace() {
    RequestHead head =
        request(
            "GET /a HTTP/1.1\r\n"
                + "host: h\r\n"
                + "x-a: 1\r\n"
                + "x-k: k\r\n"
                + "X-A: 2\r\n"
                + "content-length: 3\r\n\r\n");
    head.set(A, "new");
    head.add(B, "b1");
    head.add(B, "b2");
    head.path("/other");
    head.method("POST");
    head.authority("else:8");
    RequestWriter.write(head, Framing.CHUNKED, -1, ConnectionOption.CLOSE, out);
    assertThat(written())
        .isEqualTo(
            "POST /other HTTP/1.1\r\nhost: else:8\r\nx-k: k\r\nx-a: new\r\nx-b: b1\r\nx-b: b2\r\n"
                + "transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    head.release();
  }

  @Test
  void writesAbsoluteFormAsOriginForm() {
    RequestHead head = request("GET http://h/a HTTP/1.1\r\nhost: h\r\n\r\n");
    RequestWriter.write(head, Framing.LENGTH, 1234567890123L, ConnectionOption.NONE, out);
    assertThat(written())
        .isEqualTo("GET /a HTTP/1.1\r\nhost: h\r\ncontent-length: 1234567890123\r\n\r\n");
    head.release();
  }

  @Test
  void writesARequestOfOurOwn() {
    RequestHead head = pool.request().start("CONNECT", "*", "h:1", "http");
    assertThatThrownBy(() -> head.path("no")).isInstanceOf(IllegalArgumentException.class);
    head.method("OPTIONS");
    RequestWriter.write(head, Framing.LENGTH, 0, ConnectionOption.NONE, out);
    assertThat(written()).isEqualTo("OPTIONS * HTTP/1.1\r\nhost: h:1\r\ncontent-length: 0\r\n\r\n");
    head.release();
    RequestHead empty = pool.request();
    assertThatThrownBy(
            () -> RequestWriter.write(empty, Framing.NONE, -1, ConnectionOption.NONE, out))
        .isInstanceOf(IllegalArgumentException.class);
    empty.release();
  }

  @Test
  void writesResponses() {
    ResponseHead head = pool.response().start(404);
    head.set(A, " trimmed ");
    ResponseWriter.write(head, Framing.LENGTH, 12, ConnectionOption.KEEP_ALIVE, out);
    assertThat(written())
        .isEqualTo(
            "HTTP/1.1 404 Not Found\r\n"
                + "x-a: trimmed\r\n"
                + "content-length: 12\r\n"
                + "connection: keep-alive\r\n\r\n");
    head.status(299);
    ResponseWriter.write(head, Framing.UNTIL_CLOSE, -1, ConnectionOption.NONE, out);
    assertThat(written())
        .isEqualTo("HTTP/1.1 299 Unknown\r\nx-a: trimmed\r\nconnection: close\r\n\r\n");
    head.status(304);
    ResponseWriter.write(head, Framing.NONE, 5, ConnectionOption.NONE, out);
    assertThat(written())
        .isEqualTo("HTTP/1.1 304 Not Modified\r\nx-a: trimmed\r\ncontent-length: 5\r\n\r\n");
    head.status(204);
    ResponseWriter.write(head, Framing.NONE, 5, ConnectionOption.NONE, out);
    assertThat(written()).isEqualTo("HTTP/1.1 204 No Content\r\nx-a: trimmed\r\n\r\n");
    head.release();
  }

  @Test
  void writesWholeResponses() {
    ResponseWriter.writeContinue(out);
    assertThat(written()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
    ResponseWriter.writeWhole(400, "bad", true, ConnectionOption.CLOSE, "now", "us", out);
    assertThat(written())
        .isEqualTo(
            "HTTP/1.1 400 Bad Request\r\n"
                + "content-type: text/plain\r\n"
                + "content-length: 3\r\n"
                + "date: now\r\n"
                + "server: us\r\n"
                + "connection: close\r\n\r\n"
                + "bad");
    ResponseWriter.writeWhole(503, "", true, ConnectionOption.NONE, "now", "", out);
    assertThat(written())
        .isEqualTo("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\ndate: now\r\n\r\n");
  }

  @Test
  void writesChunks() {
    for (int size : new int[] {1, 15, 16, 255, 256, 65_536, Integer.MAX_VALUE}) {
      ChunkWriter.writeSize(size, out);
      assertThat(out.readableBytes()).isLessThanOrEqualTo(ChunkWriter.MAX_BYTES);
      assertThat(written()).isEqualTo(Integer.toHexString(size) + "\r\n");
    }
    ChunkWriter.writeEnd(out);
    ChunkWriter.writeLast(out);
    assertThat(written()).isEqualTo("\r\n0\r\n\r\n");
    Trailers trailers = pool.trailers();
    trailers.add(A, "1");
    ChunkWriter.writeLast(trailers, out);
    assertThat(written()).isEqualTo("0\r\nx-a: 1\r\n\r\n");
    trailers.release();
  }

  @Test
  void refusesValuesThatWouldMakeASecondLine() {
    ResponseHead head = pool.response().start(200);
    for (String value : new String[] {"a\r\nb: c", "a\nb", "\0", "\u007f", "\u0100"}) {
      assertThatThrownBy(() -> head.add(A, value)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> head.set(A, value)).isInstanceOf(IllegalArgumentException.class);
    }
    for (String name :
        new String[] {"transfer-encoding", "connection", "upgrade", "te", "keep-alive"}) {
      assertThatThrownBy(() -> head.set(HeaderName.of(name), "x"))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> head.set(HeaderName.of("content-length"), "+1"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> head.status(600)).isInstanceOf(IllegalArgumentException.class);
    ResponseWriter.write(head, Framing.NONE, -1, ConnectionOption.NONE, out);
    assertThat(written()).isEqualTo("HTTP/1.1 200 OK\r\n\r\n");
    head.release();
  }

  private RequestHead request(String bytes) {
    RequestParser parser = new RequestParser(pool, Limits.defaults(), false);
    ByteBuf in = Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1);
    assertThat(parser.parse(in)).isEqualTo(Outcome.HEAD);
    in.release();
    return parser.takeHead();
  }

  private String written() {
    String text = out.toString(StandardCharsets.ISO_8859_1);
    out.clear();
    return text;
  }
}
