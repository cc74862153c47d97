package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.AccessLogConfig;
import io.heddle.xds.model.AccessLogConfig.Format;
import io.heddle.xds.model.AccessLogConfig.Sink;
import io.heddle.xds.model.ListenerConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The access logs of a listener have an entry for each connection. */
class ListenerLogTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

  @TempDir Path folder;

  private ListenerConfig logging(ListenerConfig listener, String format) {
    return listener.toBuilder()
        .accessLogs(
            List.of(
                new AccessLogConfig.Lines(
                    new Sink.File(folder.resolve("log").toString()),
                    new Format.Text(format + "\n", false))))
        .build();
  }

  private List<String> lines() throws Exception {
    return Files.readAllLines(folder.resolve("log"));
  }

  @Test
  void aConnectionHasOneEntryHoweverManyRequestsItHas() throws Exception {
    ListenerConfig listener =
        logging(
            Chains.listener("", Chains.saying("hello", "")),
            "%ACCESS_LOG_TYPE% %RESPONSE_FLAGS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"
                + " %REQ(HOST)% %BYTES_SENT%");
    try (EngineUnderTest proxy = EngineUnderTest.of(listener)) {
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip(GET)).endsWith("hello");
        assertThat(wire.roundTrip(GET)).endsWith("hello");
      }
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip(GET)).endsWith("hello");
      }
    }
    assertThat(lines()).containsExactly("NotSet - 127.0.0.1 - 0", "NotSet - 127.0.0.1 - 0");
  }

  @Test
  void aConnectionThatNoChainTakesHasOneToo() throws Exception {
    ListenerConfig listener =
        logging(
            Chains.listener(
                "", Chains.saying("hello", "'filter_chain_match':{'destination_port':1}")),
            "%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%");
    try (EngineUnderTest proxy = EngineUnderTest.of(listener)) {
      try (Wire wire = proxy.connect()) {
        assertThat(wire.rest()).isEmpty();
      }
    }
    assertThat(lines()).containsExactly("NR filter_chain_not_found");
  }

  @Test
  void formatsThatAreNotKnownAreRefused() {
    ListenerConfig listener = logging(Chains.listener("", Chains.saying("hello", "")), "%NO%");
    try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      assertThat(proxy.engine.applyListener(listener).toCompletableFuture().join().toString())
          .contains("access_log[0]")
          .contains("%NO%");
    }
  }
}
