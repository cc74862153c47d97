package io.heddle.proxy.filters.statefulsession;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSession;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.envelope.v3.EnvelopeSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StatefulSessionFilterTest {
  private static final HeaderName SET_COOKIE = HeaderName.of("set-cookie");
  private static final HeaderName SESSION = HeaderName.of("x-session");
  private static final String HERE = "127.0.0.1:80";
  private static final String THERE = "[::1]:81";
  private static final String AT = "stateful_session.s.";

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final StatefulSessionFilterFactory factory = new StatefulSessionFilterFactory();

  private static StatefulSession session(Message state, boolean strict) {
    return StatefulSession.newBuilder()
        .setSessionState(
            TypedExtensionConfig.newBuilder().setName("state").setTypedConfig(Any.pack(state)))
        .setStrict(strict)
        .setStatPrefix("s")
        .build();
  }

  private HttpFilterConfig config(Message state, boolean strict) throws Exception {
    return factory.parse(Any.pack(session(state, strict)), context);
  }

  private static CookieBasedSessionState cookie(String fields) throws Exception {
    return TextFormat.parse(
        "cookie { name: 'sticky' " + fields + " }", CookieBasedSessionState.class);
  }

  private static HeaderBasedSessionState header() {
    return HeaderBasedSessionState.newBuilder().setName("x-session").build();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void aFirstRequestIsToldWhoServedItAndTheNextAsksForIt() throws Exception {
    HttpFilterConfig config =
        config(
            cookie(
                "ttl { seconds: 120 } path: '/shop' attributes { name: 'SameSite' value: 'Lax' }"
                    + " attributes { name: 'Secure' }"),
            false);
    String cookie;
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.request("GET", "/shop/1", true);
      assertThat(harness.context().hostOverride()).isEmpty();
      harness.context().upstreamHost(HERE);
      harness.wholeResponse(200);
      cookie = harness.responseHead().orElseThrow().first(SET_COOKIE).orElseThrow();
      assertThat(cookie)
          .startsWith("sticky=\"")
          .endsWith("\"; Max-Age=120; Path=/shop; SameSite=Lax; Secure; HttpOnly");
    }
    String sent = cookie.substring(0, cookie.indexOf(';'));
    context.time().advance(Duration.ofSeconds(119));
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.request("GET", "/shop?x", true, "cookie", sent);
      assertThat(harness.context().hostOverride()).contains(HERE);
      harness.context().upstreamHost(HERE);
      harness.wholeResponse(200);
      assertThat(harness.responseHead().orElseThrow().contains(SET_COOKIE)).isFalse();
    }
    context.time().advance(Duration.ofSeconds(2));
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.request("GET", "/shop", true, "cookie", sent);
      assertThat(harness.context().hostOverride()).isEmpty();
    }
    assertThat(context.stats().all())
        .containsEntry(AT + "no_session", 1L)
        .containsEntry(AT + "routed", 1L);
  }

  @Test
  void aCookieIsForItsPathOnly() throws Exception {
    HttpFilterConfig config = config(cookie("path: '/shop'"), false);
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/shopping", true, "cookie", "sticky=" + base64(HERE));
      assertThat(harness.context().hostOverride()).isEmpty();
      harness.context().upstreamHost(HERE);
      harness.wholeResponse(200);
      assertThat(harness.responseHead().orElseThrow().contains(SET_COOKIE)).isFalse();
    }
  }

  @Test
  void aBareAddressIsUnderstoodAndAnotherHostIsWritten() throws Exception {
    HttpFilterConfig config = config(cookie(""), true);
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "cookie", "sticky=\"" + base64(THERE) + "\"");
      assertThat(harness.context().hostOverride()).contains("::1:81 or nobody");
      harness.context().upstreamHost(HERE);
      harness.wholeResponse(200);
      String value = harness.responseHead().orElseThrow().first(SET_COOKIE).orElseThrow();
      String content = value.substring("sticky=\"".length(), value.lastIndexOf('"'));
      // As Envoy writes it: a message whose first field is the address.
      assertThat(new String(Base64.getDecoder().decode(content), StandardCharsets.ISO_8859_1))
          .isEqualTo("\n\f" + HERE);
      assertThat(value).endsWith("\"; HttpOnly");
    }
    assertThat(context.stats().value(AT + "failed_open")).isOne();
  }

  @Test
  void strictSessionsThatNobodyServesAreCounted() throws Exception {
    HttpFilterConfig config = config(header(), true);
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-session", base64(HERE));
      harness.wholeResponse(503);
    }
    assertThat(context.stats().value(AT + "failed_closed")).isOne();
  }

  @Test
  void nonsenseOfAClientAsksForNobodyOrNothing() throws Exception {
    HttpFilterConfig config = config(header(), false);
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-session", "%%%");
      assertThat(harness.context().hostOverride()).isEmpty();
    }
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-session", base64("nowhere:99999999"));
      assertThat(harness.context().hostOverride()).contains("nowhere:0");
      harness.context().upstreamHost(HERE);
      harness.wholeResponse(200);
      assertThat(harness.responseHead().orElseThrow().first(SESSION)).contains(base64(HERE));
    }
  }

  @Test
  void anEnvelopeHoldsTheUpstreamsOwnValue() throws Exception {
    HttpFilterConfig config =
        config(
            EnvelopeSessionState.newBuilder()
                .setHeader(EnvelopeSessionState.Header.newBuilder().setName("x-session"))
                .build(),
            false);
    String envelope;
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true);
      harness.context().upstreamHost(HERE);
      harness.wholeResponse(200, "x-session", "mine");
      envelope = harness.responseHead().orElseThrow().first(SESSION).orElseThrow();
      assertThat(envelope).isEqualTo(base64(HERE) + ";UV:" + base64("mine"));
    }
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-session", envelope);
      assertThat(harness.context().hostOverride()).contains(HERE);
      assertThat(harness.requestHead().first(SESSION)).contains("mine");
      harness.context().upstreamHost(HERE);
      harness.wholeResponse(200);
      assertThat(harness.responseHead().orElseThrow().contains(SESSION)).isFalse();
    }
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-session", base64(HERE) + ";UV:" + base64("a\r\nb"));
      assertThat(harness.context().hostOverride()).isEmpty();
    }
  }

  @Test
  void aRouteSwitchesItOffOrHasItsOwn() throws Exception {
    HttpFilterConfig config = config(header(), false);
    var off =
        factory.parseRoute(
            Any.pack(StatefulSessionPerRoute.newBuilder().setDisabled(true).build()), context);
    try (FilterHarness harness = FilterHarness.of(config, off)) {
      harness.request("GET", "/", true, "x-session", base64(HERE));
      assertThat(harness.context().hostOverride()).isEmpty();
    }
    var own =
        factory.parseRoute(
            Any.pack(
                StatefulSessionPerRoute.newBuilder()
                    .setStatefulSession(session(cookie(""), true))
                    .build()),
            context);
    try (FilterHarness harness = FilterHarness.of(config, own)) {
      harness.request("GET", "/", true, "cookie", "sticky=" + base64(HERE));
      assertThat(harness.context().hostOverride()).contains(HERE + " or nobody");
    }
  }

  @Test
  void malformedConfigurationIsRefusedByItsField() {
    assertThatThrownBy(() -> config(CookieBasedSessionState.getDefaultInstance(), false))
        .hasMessageContaining("session_state.typed_config.cookie.name");
    assertThatThrownBy(() -> config(HeaderBasedSessionState.getDefaultInstance(), false))
        .hasMessageContaining("session_state.typed_config.name");
    assertThatThrownBy(() -> config(cookie("ttl { seconds: -1 }"), false))
        .hasMessageContaining("session_state.typed_config.cookie.ttl");
    assertThatThrownBy(() -> config(cookie("attributes { name: 'a;b' }"), false))
        .hasMessageContaining("session_state.typed_config.cookie.attributes[0].name");
    assertThatThrownBy(() -> config(StatefulSession.getDefaultInstance(), false))
        .hasMessageContaining("session_state.typed_config");
    assertThatThrownBy(() ->
            factory.parseRoute(Any.pack(StatefulSessionPerRoute.getDefaultInstance()), context))
        .hasMessageContaining("override");
  }
}
