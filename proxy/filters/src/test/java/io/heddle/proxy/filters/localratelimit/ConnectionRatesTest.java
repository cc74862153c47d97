package io.heddle.proxy.filters.localratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.ListenerFilter.PeekDecision;
import io.heddle.proxy.api.ListenerFilterFactory.ListenerFilterConfig;
import io.heddle.proxy.api.NetworkFilter;
import io.heddle.proxy.api.NetworkFilter.NetworkDecision;
import io.heddle.proxy.api.NetworkFilterFactory.NetworkFilterConfig;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.netty.buffer.Unpooled;
import java.lang.reflect.Proxy;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConnectionRatesTest {
  private static final String ONE =
      "stat_prefix: 'p' token_bucket { max_tokens: 1 fill_interval {" + " seconds: 1 } } ";

  private static final NetworkFilter.Connection NONE =
      (NetworkFilter.Connection)
          Proxy.newProxyInstance(
              ConnectionRatesTest.class.getClassLoader(),
              new Class<?>[] {NetworkFilter.Connection.class},
              (_, _, _) -> {
                throw new AssertionError("not asked");
              });

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final NetworkLocalRateLimitFactory network = new NetworkLocalRateLimitFactory();

  @Test
  void aChainTakesConnectionsAsFastAsItsBucketFills() throws Exception {
    NetworkFilterConfig config = network.parse(networkConfig(ONE), context);
    assertThat(connect(config)).isEqualTo(NetworkDecision.CONTINUE);
    assertThat(connect(config)).isEqualTo(NetworkDecision.CLOSE);
    context.time().advance(Duration.ofSeconds(1));
    assertThat(connect(config)).isEqualTo(NetworkDecision.CONTINUE);
    assertThat(context.stats().value("server.local_rate_limit.p.rate_limited")).isEqualTo(1);
  }

  @Test
  void whatIsSwitchedOffTakesNothing() throws Exception {
    NetworkFilterConfig config =
        network.parse(
            networkConfig(
                ONE + "runtime_enabled { default_value { value: true } runtime_key: 'k' }"),
            context);
    context.runtime().set("k", 0);
    assertThat(connect(config)).isEqualTo(NetworkDecision.CONTINUE);
    assertThat(connect(config)).isEqualTo(NetworkDecision.CONTINUE);
    context.runtime().set("k", 1);
    assertThat(connect(config)).isEqualTo(NetworkDecision.CONTINUE);
    assertThat(connect(config)).isEqualTo(NetworkDecision.CLOSE);
  }

  @Test
  void filtersOfOneKeyAndSizeShareABucket() throws Exception {
    NetworkFilterConfig one = network.parse(networkConfig(ONE + "share_key: 's'"), context);
    NetworkFilterConfig same = network.parse(networkConfig(ONE + "share_key: 's'"), context);
    NetworkFilterConfig other = network.parse(networkConfig(ONE + "share_key: 't'"), context);
    NetworkFilterConfig larger =
        network.parse(
            networkConfig(ONE.replace("max_tokens: 1", "max_tokens: 2") + "share_key: 's'"),
            context);
    assertThat(connect(one)).isEqualTo(NetworkDecision.CONTINUE);
    assertThat(connect(same)).isEqualTo(NetworkDecision.CLOSE);
    assertThat(connect(other)).isEqualTo(NetworkDecision.CONTINUE);
    assertThat(connect(larger)).isEqualTo(NetworkDecision.CONTINUE);
    assertThat(connect(one)).isEqualTo(NetworkDecision.CLOSE);
  }

  @Test
  void aListenerTakesConnectionsAsFastAsItsBucketFills() throws Exception {
    ListenerFilterConfig config =
        new ListenerLocalRateLimitFactory()
            .parse(
                any(
                    io.envoyproxy.envoy.extensions.filters.listener.local_ratelimit.v3
                        .LocalRateLimit.newBuilder(),
                    ONE),
                context);
    assertThat(peek(config)).isEqualTo(new PeekDecision.Continue(0));
    assertThat(peek(config)).isEqualTo(new PeekDecision.Close("local_ratelimit_close_over_limit"));
    assertThat(config.newFilter().bytesNeeded()).isZero();
    assertThat(context.stats().value("server.listener_local_ratelimit.p.rate_limited"))
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "share_key: 's'|stat_prefix",
        "stat_prefix: 'p'|token_bucket",
        "stat_prefix: 'p' token_bucket { fill_interval { seconds: 1 } }|token_bucket.max_tokens"
      })
  void refusesByPath(String text, String field) {
    assertThatThrownBy(() -> network.parse(networkConfig(text), context))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  private static NetworkDecision connect(NetworkFilterConfig config) {
    return config.newFilter(NONE).onConnected();
  }

  @SuppressWarnings("NullAway") // The filter asks nothing of the connection.
  private static PeekDecision peek(ListenerFilterConfig config) {
    return config.newFilter().onPeek(Unpooled.EMPTY_BUFFER, null);
  }

  private static Any networkConfig(String text) {
    return any(LocalRateLimit.newBuilder(), text);
  }

  private static Any any(Message.Builder builder, String text) {
    try {
      TextFormat.merge(text, builder);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(text, e);
    }
    return Any.pack(builder.build());
  }
}
