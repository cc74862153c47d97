package io.heddle.proxy.filters.buffer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.BufferPerRoute;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import org.junit.jupiter.api.Test;

final class BufferFilterTest {
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final BufferFilterFactory factory = new BufferFilterFactory();

  @Test
  void sendsOnlyWhatIsWhole() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(10))) {
      harness.request("POST", "/");
      harness.requestData("hello", false);
      assertThat(harness.forwarded()).isFalse();
      harness.requestData("world", true);
      assertThat(harness.forwardedWhole()).isTrue();
      assertThat(harness.forwardedBody()).isEqualTo("helloworld");
      assertThat(harness.requestHead().first(CONTENT_LENGTH)).contains("10");
    }
  }

  @Test
  void keepsALengthThatCame() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(10))) {
      harness.request("POST", "/", "content-length", "5");
      harness.requestData("hello", true);
      assertThat(harness.requestHead().all(CONTENT_LENGTH)).containsExactly("5");
    }
  }

  @Test
  void refusesWhatIsLonger() throws Exception {
    for (boolean last : new boolean[] {false, true}) {
      try (FilterHarness harness = FilterHarness.of(config(9))) {
        harness.request("POST", "/");
        harness.requestData("hello", false).requestData("world", last);
        assertThat(harness.reply()).map(LocalReply::status).contains(413);
        assertThat(harness.forwarded()).isFalse();
      }
    }
  }

  @Test
  void letsARequestWithoutBodyPass() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(10))) {
      harness.request("GET", "/", true);
      assertThat(harness.forwardedWhole()).isTrue();
      assertThat(harness.requestHead().contains(CONTENT_LENGTH)).isFalse();
    }
  }

  @Test
  void aRouteSwitchesItOffOrChangesTheLimit() throws Exception {
    Any off = Any.pack(BufferPerRoute.newBuilder().setDisabled(true).build());
    try (FilterHarness harness = FilterHarness.of(config(1), factory.parseRoute(off, context))) {
      harness.request("POST", "/");
      assertThat(harness.forwarded()).isTrue();
      harness.requestData("hello", false).requestData("world", true);
      assertThat(harness.forwardedBody()).isEqualTo("helloworld");
    }
    Any more = Any.pack(BufferPerRoute.newBuilder().setBuffer(buffer(10)).build());
    try (FilterHarness harness = FilterHarness.of(config(1), factory.parseRoute(more, context))) {
      harness.request("POST", "/");
      harness.requestData("helloworld", true);
      assertThat(harness.forwardedBody()).isEqualTo("helloworld");
    }
  }

  @Test
  void refusesByPath() {
    for (int bytes : new int[] {0, (256 << 20) + 1, -1}) {
      assertThatThrownBy(() -> config(bytes))
          .isInstanceOfSatisfying(
              FilterConfigException.class,
              e -> assertThat(e.field()).isEqualTo("max_request_bytes"));
    }
    assertThatThrownBy(
            () -> factory.parseRoute(Any.pack(BufferPerRoute.getDefaultInstance()), context))
        .isInstanceOf(FilterConfigException.class);
    Any on = Any.pack(BufferPerRoute.newBuilder().setDisabled(false).build());
    assertThatThrownBy(() -> factory.parseRoute(on, context))
        .isInstanceOf(FilterConfigException.class);
  }

  private HttpFilterConfig config(int bytes) throws FilterConfigException {
    return factory.parse(Any.pack(buffer(bytes)), context);
  }

  private static Buffer buffer(int bytes) {
    return Buffer.newBuilder().setMaxRequestBytes(UInt32Value.of(bytes)).build();
  }
}
