package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.control.app.ratelimit.RateLimitServerConfig;
import io.heddle.control.app.ratelimit.RateLimitServerConfig.StoreFailure;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RateLimitVerbTest {
  @Test
  void defaultsAreOfOneServer() {
    RateLimitServerConfig config =
        RateLimitVerb.parse(List.of("--rules", "a.yaml", "--rules=b")).orElseThrow();
    assertThat(config.rules()).containsExactly(Path.of("a.yaml"), Path.of("b"));
    assertThat(config.address().getPort()).isEqualTo(7072);
    assertThat(config.address().getAddress().isLoopbackAddress()).isTrue();
    assertThat(config.redis()).isEmpty();
    assertThat(config.redisTimeout()).isEqualTo(Duration.ofMillis(50));
    assertThat(config.onStoreFailure()).isEqualTo(StoreFailure.ERROR);
  }

  @Test
  void severalServersShareARedis() {
    RateLimitServerConfig config =
        RateLimitVerb.parse(
                List.of(
                    "--rules=a", "--redis=redis://127.0.0.1:7001/2", "--on-store-failure=allow"))
            .orElseThrow();
    assertThat(config.redis().orElseThrow().getPort()).isEqualTo(7001);
    assertThat(config.redis().orElseThrow().getDatabase()).isEqualTo(2);
    assertThat(config.onStoreFailure()).isEqualTo(StoreFailure.ALLOW);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--rule",
        "--rules",
        "--redis=http://secret@a",
        "--redis-timeout=0s",
        "--redis-timeout=5",
        "--on-store-failure=maybe",
        "--address=here"
      })
  void refusesByOption(String option) {
    assertThatThrownBy(() -> RateLimitVerb.parse(List.of("--rules=a", option)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(option.replaceFirst("=.*", ""))
        .hasMessageNotContaining("secret");
  }

  @Test
  void wrongUsageAndBadRulesAreToldByTheExitCode() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream to = new PrintStream(out, true, StandardCharsets.UTF_8);
    assertThat(ControlMain.run(new String[] {"ratelimit"}, to, to)).isEqualTo(64);
    assertThat(ControlMain.run(new String[] {"ratelimit", "--help"}, to, to)).isZero();
    assertThat(
            ControlMain.run(new String[] {"ratelimit", "--rules", "/nowhere/rules.yaml"}, to, to))
        .isEqualTo(1);
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("--rules").contains("nowhere");
  }
}
