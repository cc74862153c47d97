package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

/** Any bytes as a chunked body: {@link Agreement}. */
final class ChunkDecoderFuzzTest {
  private static final byte[] HEAD =
      "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n"
          .getBytes(StandardCharsets.ISO_8859_1);

  @FuzzTest(maxDuration = "60s")
  void agreesWithTheReference(byte[] chunks) {
    if (chunks.length <= 4_096) {
      byte[] bytes = new byte[HEAD.length + chunks.length];
      System.arraycopy(HEAD, 0, bytes, 0, HEAD.length);
      System.arraycopy(chunks, 0, bytes, HEAD.length, chunks.length);
      assertThat(Agreement.requests(bytes, PlantedFault.chosen().rules())).isEmpty();
    }
  }
}
