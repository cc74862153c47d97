package io.heddle.proxy.filters.decompressor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.compression.gzip.decompressor.v3.Gzip;
import io.envoyproxy.envoy.extensions.filters.http.decompressor.v3.Decompressor;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

final class DecompressorFilterTest {
  private static final HeaderName CONTENT_ENCODING = HeaderName.of("content-encoding");

  private final FakeFactoryContext context = new FakeFactoryContext();

  @Test
  void takesTheLastCodingOff() throws Exception {
    try (FilterHarness harness = harness()) {
      harness.request("POST", "/", "content-encoding", "gzip", "accept-encoding", "br");
      String coded = gzip("hello ".repeat(1000));
      harness.requestData(coded.substring(0, 11), false);
      harness.requestData(coded.substring(11), true);
      assertThat(harness.requestHead().contains(CONTENT_ENCODING)).isFalse();
      assertThat(harness.requestHead().first(HeaderName.of("accept-encoding"))).contains("br,gzip");
      assertThat(harness.forwardedBody()).isEqualTo("hello ".repeat(1000));
      assertThat(harness.forwardedWhole()).isTrue();
      harness.response(200, "content-encoding", "br, gzip").responseData(gzip("x"), true);
      assertThat(harness.responseHead().orElseThrow().first(CONTENT_ENCODING)).contains("br");
      assertThat(harness.sentBody()).isEqualTo("x");
    }
    assertThat(context.stats().value("decompressor.lib.gzip.request.decompressed")).isEqualTo(1);
    assertThat(context.stats().value("decompressor.lib.gzip.response.total_uncompressed_bytes"))
        .isEqualTo(1);
  }

  @Test
  void leavesOtherCodingsAndWhatMustNotBeChanged() throws Exception {
    String[][] heads = {
      {"content-encoding", "br"},
      {"x", "y"},
      {"content-encoding", "gzip", "cache-control", "no-transform"}
    };
    for (String[] head : heads) {
      try (FilterHarness harness = harness()) {
        harness.request("GET", "/", true);
        harness.response(200, head).responseData("raw", true);
        assertThat(harness.sentBody()).isEqualTo("raw");
      }
    }
    assertThat(context.stats().value("decompressor.lib.gzip.response.not_decompressed"))
        .isEqualTo(3);
  }

  @Test
  void refusesABombAndWhatIsNotGzip() throws Exception {
    for (String body : new String[] {gzip("\0".repeat(20 << 20)), "not gzip at all"}) {
      try (FilterHarness harness = harness()) {
        harness.request("POST", "/", "content-encoding", "gzip");
        harness.requestData(body, true);
        assertThat(harness.reply()).map(LocalReply::status).contains(400);
        assertThat(harness.forwardedBody().length()).isLessThan(8 << 20);
      }
    }
  }

  private static String gzip(String body) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(body.getBytes(StandardCharsets.ISO_8859_1));
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  private FilterHarness harness() throws Exception {
    return FilterHarness.of(
        new DecompressorFilterFactory()
            .parse(
                Any.pack(
                    Decompressor.newBuilder()
                        .setDecompressorLibrary(
                            TypedExtensionConfig.newBuilder()
                                .setName("lib")
                                .setTypedConfig(Any.pack(Gzip.getDefaultInstance())))
                        .build()),
                context));
  }
}
