package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** A typical exchange leaves nothing for the collector once its loop is warm. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
final class AllocationTest {
  private static final String REQUEST =
      "POST /api/orders?id=42 HTTP/1.1\r\n"
          + "Host: orders.default:8080\r\n"
          + "User-Agent: curl/8.0\r\n"
          + "Accept: */*\r\n"
          + "Accept-Encoding: gzip, br\r\n"
          + "X-Request-Id: 4f2b8c\r\n"
          + "Connection: keep-alive\r\n"
          + "Content-Type: application/json\r\n"
          + "Content-Length: 5\r\n\r\n"
          + "hello";
  private static final String RESPONSE =
      "HTTP/1.1 200 OK\r\n"
          + "Content-Type: text/plain\r\n"
          + "Server: x\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n"
          + "5\r\n"
          + "hello\r\n"
          + "0\r\n\r\n";

  /** Without Netty's leak records, which allocate at every access under test. */
  private static final ByteBufAllocator BUFFERS = new UnpooledByteBufAllocator(true, true);

  private final HeadPool pool = new HeadPool(4);
  private final RequestParser requests = new RequestParser(pool, Limits.defaults(), false);
  private final ResponseParser responses = new ResponseParser(pool, Limits.defaults());
  private final ByteBuf request = direct(REQUEST);
  private final ByteBuf response = direct(RESPONSE);
  private final ByteBuf out = BUFFERS.directBuffer(4_096);

  @Test
  void parsingAndWritingAllocatesNothing() {
    for (int i = 0; i < 30_000; i++) {
      exchange();
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long best = Long.MAX_VALUE;
    // The least of several: compilation threads deoptimise now and then.
    for (int round = 0; round < 10; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 1_000; i++) {
        exchange();
      }
      best = Math.min(best, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(best).isLessThan(1_000);
    request.release();
    response.release();
    out.release();
    assertThat(pool.leased()).isZero();
  }

  private void exchange() {
    out.clear();
    request.readerIndex(0);
    requests.parse(request);
    RequestHead head = requests.takeHead();
    RequestWriter.write(
        head, requests.framing(), requests.contentLength(), ConnectionOption.NONE, out);
    requests.parse(request);
    request.skipBytes(requests.dataLength());
    requests.parse(request);

    responses.expect("POST", false);
    response.readerIndex(0);
    responses.parse(response);
    ResponseHead answer = responses.takeHead();
    ResponseWriter.write(answer, responses.framing(), -1, ConnectionOption.NONE, out);
    while (true) {
      Outcome outcome = responses.parse(response);
      if (outcome != Outcome.DATA) {
        break;
      }
      ChunkWriter.writeSize(responses.dataLength(), out);
      response.skipBytes(responses.dataLength());
      ChunkWriter.writeEnd(out);
    }
    ChunkWriter.writeLast(out);
    head.release();
    answer.release();
  }

  private static ByteBuf direct(String text) {
    return BUFFERS.directBuffer().writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }
}
