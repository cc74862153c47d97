package io.heddle.proxy.filters.compressor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.compression.gzip.compressor.v3.Gzip;
import io.envoyproxy.envoy.extensions.filters.http.compressor.v3.Compressor;
import io.envoyproxy.envoy.extensions.filters.http.compressor.v3.CompressorOverrides;
import io.envoyproxy.envoy.extensions.filters.http.compressor.v3.CompressorPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.compressor.v3.ResponseDirectionOverrides;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.filters.compressor.AcceptEncoding.Offer;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

final class CompressorFilterTest {
  private static final HeaderName CONTENT_ENCODING = HeaderName.of("content-encoding");
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");
  private static final HeaderName VARY = HeaderName.of("vary");
  private static final HeaderName ETAG = HeaderName.of("etag");

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final CompressorFilterFactory factory = new CompressorFilterFactory();

  @Test
  void compressesWhatTheClientTakes() throws Exception {
    try (FilterHarness harness = FilterHarness.of(filter(Compressor.newBuilder()))) {
      harness.request("GET", "/", true, "accept-encoding", "br;q=0.5, gzip");
      harness.response(
          200, "content-type", "text/html; charset=x", "content-length", "60", "etag", "\"a\"");
      harness.responseData("hello ".repeat(5), false).responseData("world ".repeat(5), true);
      var head = harness.responseHead().orElseThrow();
      assertThat(head.first(CONTENT_ENCODING)).contains("gzip");
      assertThat(head.first(VARY)).contains("Accept-Encoding");
      assertThat(head.contains(CONTENT_LENGTH)).isFalse();
      assertThat(head.contains(ETAG)).isFalse();
      assertThat(gunzip(harness.sentBody())).isEqualTo("hello ".repeat(5) + "world ".repeat(5));
      assertThat(harness.sentWhole()).isTrue();
    }
    assertThat(context.stats().value("compressor.lib.gzip.compressed")).isEqualTo(1);
    assertThat(context.stats().value("compressor.lib.gzip.total_uncompressed_bytes")).isEqualTo(60);
    assertThat(context.stats().value("compressor.lib.gzip.header_compressor_used")).isEqualTo(1);
  }

  @Test
  void endsTheFormatBeforeTrailers() throws Exception {
    try (FilterHarness harness = FilterHarness.of(filter(Compressor.newBuilder()))) {
      harness.request("GET", "/", true, "accept-encoding", "gzip");
      harness.response(200).responseData("body", false);
      harness.responseTrailers("x-a", "1");
      assertThat(gunzip(harness.sentBody())).isEqualTo("body");
    }
  }

  @Test
  void leavesTheRestAlone() throws Exception {
    Compressor.Builder strict =
        Compressor.newBuilder()
            .setResponseDirectionConfig(
                Compressor.ResponseDirectionConfig.newBuilder()
                    .setDisableOnEtagHeader(true)
                    .addUncompressibleResponseCodes(206));
    String[][] responses = {
      {"200", "content-type", "image/png"},
      {"200", "content-length", "29"},
      {"200", "content-encoding", "br"},
      {"200", "cache-control", "max-age=1, No-Transform"},
      {"200", "etag", "W/\"a\""},
      {"206", "content-type", "text/plain"},
    };
    for (String[] response : responses) {
      try (FilterHarness harness = FilterHarness.of(filter(strict))) {
        harness.request("GET", "/", true, "accept-encoding", "gzip");
        harness.response(
            Integer.parseInt(response[0]), java.util.Arrays.copyOfRange(response, 1, 3));
        harness.responseData("plain", true);
        assertThat(harness.sentBody()).as(response[2]).isEqualTo("plain");
        assertThat(harness.responseHead().orElseThrow().contains(VARY)).isFalse();
      }
    }
    try (FilterHarness harness = FilterHarness.of(filter(strict))) {
      harness.request("GET", "/", true, "accept-encoding", "gzip;q=0, *;q=0");
      harness.response(200, "vary", "origin").responseData("plain", true);
      assertThat(harness.sentBody()).isEqualTo("plain");
      assertThat(harness.responseHead().orElseThrow().all(VARY))
          .containsExactly("origin, Accept-Encoding");
    }
    assertThat(context.stats().value("compressor.lib.gzip.response.not_compressed")).isEqualTo(7);
    assertThat(context.stats().value("compressor.lib.gzip.response.not_compressed_etag"))
        .isEqualTo(1);
  }

  @Test
  void aRouteSwitchesItOffOrOn() throws Exception {
    var off =
        factory.parseRoute(
            Any.pack(CompressorPerRoute.newBuilder().setDisabled(true).build()), context);
    try (FilterHarness harness = FilterHarness.of(filter(Compressor.newBuilder()), off)) {
      harness.request("GET", "/", true, "accept-encoding", "gzip");
      harness.response(200).responseData("plain", true);
      assertThat(harness.sentBody()).isEqualTo("plain");
    }
    var remove =
        factory.parseRoute(
            Any.pack(
                CompressorPerRoute.newBuilder()
                    .setOverrides(
                        CompressorOverrides.newBuilder()
                            .setResponseDirectionConfig(
                                ResponseDirectionOverrides.newBuilder()
                                    .setRemoveAcceptEncodingHeader(BoolValue.of(true))))
                    .build()),
            context);
    try (FilterHarness harness = FilterHarness.of(filter(Compressor.newBuilder()), remove)) {
      harness.request("GET", "/", true, "accept-encoding", "gzip");
      assertThat(harness.requestHead().contains(HeaderName.of("accept-encoding"))).isFalse();
      harness.response(200).responseData("body", true);
      assertThat(gunzip(harness.sentBody())).isEqualTo("body");
    }
  }

  @Test
  void compressesRequestsWhereAskedTo() throws Exception {
    Compressor.Builder both =
        Compressor.newBuilder()
            .setRequestDirectionConfig(Compressor.RequestDirectionConfig.getDefaultInstance());
    try (FilterHarness harness = FilterHarness.of(filter(both))) {
      harness.request("POST", "/", "content-type", "text/plain");
      harness.requestData("hello", true);
      assertThat(harness.requestHead().first(CONTENT_ENCODING)).contains("gzip");
      assertThat(gunzip(harness.forwardedBody())).isEqualTo("hello");
    }
  }

  @Test
  void choosesByWeightThenByChain() {
    List<Offer> offers = List.of(new Offer("gzip", false), new Offer("br", false));
    assertThat(choose("gzip;q=0.5, br;q=0.9", offers)).isEqualTo("br");
    assertThat(choose("gzip, br", offers)).isEqualTo("gzip");
    assertThat(choose("gzip, br", List.of(new Offer("gzip", false), new Offer("br", true))))
        .isEqualTo("br");
    assertThat(choose("*", offers)).isEqualTo("gzip");
    assertThat(choose("*, gzip;q=0", offers)).isEqualTo("br");
    assertThat(choose("identity, gzip;q=0.9", offers)).isEmpty();
    assertThat(choose("deflate", offers)).isEmpty();
    assertThat(choose("gzip;q=x", offers)).isEmpty();
    assertThat(choose("", offers)).isEmpty();
    assertThat(choose("GZIP ; Q=1", offers)).isEqualTo("gzip");
  }

  private static String choose(String header, List<Offer> offers) {
    return AcceptEncoding.parse(List.of(header)).choose(offers, true).encoding();
  }

  private static String gunzip(String body) throws Exception {
    return new String(
        new GZIPInputStream(new ByteArrayInputStream(body.getBytes(StandardCharsets.ISO_8859_1)))
            .readAllBytes(),
        StandardCharsets.ISO_8859_1);
  }

  private HttpFilterConfig filter(Compressor.Builder message) throws Exception {
    return factory.parse(
        Any.pack(
            message
                .setCompressorLibrary(
                    TypedExtensionConfig.newBuilder()
                        .setName("lib")
                        .setTypedConfig(Any.pack(Gzip.getDefaultInstance())))
                .build()),
        context);
  }
}
