package io.heddle.proxy.filters.grpcweb;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.grpc_web.v3.GrpcWeb;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class GrpcWebFilterTest {
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");

  @Test
  void translatesTheBinaryForm() throws Exception {
    try (FilterHarness harness = harness()) {
      harness.request(
          "POST", "/a.B/C", "content-type", "application/grpc-web+proto", "content-length", "8");
      assertThat(harness.requestHead().first(CONTENT_TYPE)).contains("application/grpc");
      assertThat(harness.requestHead().contains(CONTENT_LENGTH)).isFalse();
      assertThat(harness.requestHead().first(HeaderName.of("te"))).contains("trailers");
      harness.requestData("\0\0\0\0\3abc", true);
      assertThat(harness.forwardedBody()).isEqualTo("\0\0\0\0\3abc");
      harness.response(200, "content-type", "application/grpc");
      assertThat(harness.responseHead().orElseThrow().first(CONTENT_TYPE))
          .contains("application/grpc-web+proto");
      harness.responseData("\0\0\0\0\1x", false);
      harness.responseTrailers("grpc-status", "0", "grpc-message", "ok");
      assertThat(harness.sentBody())
          .isEqualTo("\0\0\0\0\1x" + "\u0080\0\0\0\40grpc-status:0\r\ngrpc-message:ok\r\n");
      assertThat(harness.sentWhole()).isTrue();
    }
  }

  @Test
  void translatesTheTextFormWhereverItIsCut() throws Exception {
    byte[] message = new byte[50];
    new Random(7).nextBytes(message);
    String text =
        Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(message, 10))
            + Base64.getEncoder().encodeToString(java.util.Arrays.copyOfRange(message, 10, 50));
    for (int cut = 0; cut <= text.length(); cut++) {
      try (FilterHarness harness = harness()) {
        harness.request(
            "POST",
            "/a.B/C",
            "content-type",
            "application/grpc-web-text",
            "accept",
            "application/grpc-web-text");
        harness.requestData(text.substring(0, cut), false).requestData(text.substring(cut), true);
        assertThat(harness.forwardedBody())
            .isEqualTo(new String(message, StandardCharsets.ISO_8859_1));
        assertThat(harness.forwardedWhole()).isTrue();
        harness.response(200, "content-type", "application/grpc+proto");
        harness.responseData("abcd", false);
        harness.responseTrailers("grpc-status", "0");
        assertThat(harness.sentBody())
            .isEqualTo(
                "YWJjZA=="
                    + Base64.getEncoder()
                        .encodeToString(
                            "\u0080\0\0\0\17grpc-status:0\r\n"
                                .getBytes(StandardCharsets.ISO_8859_1)));
      }
    }
  }

  @Test
  void refusesWhatIsNotBase64() throws Exception {
    for (String bad : new String[] {"ab!d", "a===", "abc", "ab=d", "=abc"}) {
      try (FilterHarness harness = harness()) {
        harness.request("POST", "/a.B/C", "content-type", "application/grpc-web-text+proto");
        harness.requestData(bad, true);
        assertThat(harness.reply()).as(bad).map(LocalReply::status).contains(400);
      }
    }
  }

  @Test
  void makesAStatusOfAPageThatIsNotGrpc() throws Exception {
    try (FilterHarness harness = harness()) {
      harness.request("POST", "/a.B/C", "content-type", "application/grpc-web");
      harness.requestData("", true);
      harness.response(503, "content-type", "text/html", "content-length", "40000");
      assertThat(harness.responseHead().orElseThrow().first(CONTENT_TYPE)).contains("text/html");
      harness.responseData("no 100%\n".repeat(5000), false).responseData("", true);
      var head = harness.responseHead().orElseThrow();
      assertThat(head.first(CONTENT_TYPE)).contains("application/grpc-web+proto");
      assertThat(head.first(HeaderName.of("grpc-status"))).contains("14");
      assertThat(head.first(HeaderName.of("grpc-message")).orElseThrow())
          .startsWith("no 100%25%0Ano")
          .hasSize((16 << 10) / 8 * 12);
      assertThat(head.first(CONTENT_LENGTH)).contains("0");
      assertThat(harness.sentBody()).isEmpty();
      assertThat(harness.sentWhole()).isTrue();
    }
  }

  @Test
  void leavesWhatIsOnlyHeadersAndOtherRequestsAlone() throws Exception {
    try (FilterHarness harness = harness()) {
      harness.request("POST", "/a.B/C", "content-type", "application/grpc-web");
      harness.requestData("", true);
      harness.wholeResponse(200, "content-type", "application/grpc", "grpc-status", "5");
      assertThat(harness.responseHead().orElseThrow().first(CONTENT_TYPE))
          .contains("application/grpc-web+proto");
      assertThat(harness.responseHead().orElseThrow().first(HeaderName.of("grpc-status")))
          .contains("5");
    }
    for (String type : new String[] {"application/grpc", "application/grpc-webby", "text/plain"}) {
      try (FilterHarness harness = harness()) {
        harness.request("POST", "/a.B/C", "content-type", type);
        harness.requestData("x", true);
        harness.response(200, "content-type", type).responseData("y", true);
        assertThat(harness.responseHead().orElseThrow().first(CONTENT_TYPE)).contains(type);
        assertThat(harness.sentBody()).isEqualTo("y");
      }
    }
  }

  @Test
  void decodesWhatTheJdkEncodes() {
    Random random = new Random(11);
    for (int round = 0; round < 500; round++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      Base64Stream stream = new Base64Stream();
      ByteBuf out = stream.decode(Unpooled.wrappedBuffer(Base64.getEncoder().encode(bytes)));
      assertThat(out).isNotNull();
      byte[] got = new byte[out.readableBytes()];
      out.readBytes(got);
      assertThat(got).isEqualTo(bytes);
      assertThat(stream.whole()).isTrue();
    }
  }

  private static FilterHarness harness() throws Exception {
    return FilterHarness.of(
        new GrpcWebFilterFactory()
            .parse(Any.pack(GrpcWeb.getDefaultInstance()), new FakeFactoryContext()));
  }
}
