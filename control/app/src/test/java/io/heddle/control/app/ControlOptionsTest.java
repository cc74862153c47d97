package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ControlOptionsTest {
  @Test
  void hasDefaultsOnLoopback() {
    ControlConfig config = ControlOptions.parse(List.of("control")).orElseThrow();
    assertThat(config.state()).isEqualTo(Path.of(".heddle/control"));
    assertThat(config.apiAddress().getPort()).isEqualTo(7070);
    assertThat(config.xdsAddress().getPort()).isEqualTo(7071);
    assertThat(config.heartbeat()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.leaseGrace()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.loopbackOnly()).isTrue();
  }

  @Test
  void readsBothFormsOfAnOption() {
    ControlConfig config =
        ControlOptions.parse(List.of("--lease-grace=500ms", "--api-address", "[::1]:0"))
            .orElseThrow();
    assertThat(config.leaseGrace()).isEqualTo(Duration.ofMillis(500));
    assertThat(config.apiAddress().getPort()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--nope=1",
        "--state=",
        "--api-address=7070",
        "--api-address=host.example:1",
        "--xds-address=127.0.0.1:70000",
        "--heartbeat=soon",
        "--heartbeat=1ms"
      })
  void namesTheOptionThatIsWrong(String argument) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ControlOptions.parse(List.of(argument)))
        .withMessageContaining(argument.substring(0, argument.indexOf('=')))
        .withMessageContaining("expected");
  }

  @Test
  void endsWith64OnWrongUsage() {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        ControlMain.run(
            new String[] {"--nope"},
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(code).isEqualTo(64);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("--nope", "--help");
  }
}
