package io.heddle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.cli.output.Terminal;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExperimentCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    Terminal terminal =
        new Terminal(
            new PrintWriter(out),
            new PrintWriter(err),
            new ByteArrayInputStream(new byte[0]),
            false,
            Map.of(),
            Clock.systemUTC());
    String[] all = new String[arguments.length + 1];
    all[0] = "experiment";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return Heddle.run(terminal, all);
  }

  @Test
  void listsTheExperiments() {
    assertThat(run()).isZero();
    assertThat(out.toString()).contains("NAME", "avalanche", "burst", "central-gateway");
    assertThat(run("-o", "json")).isZero();
    assertThat(out.toString()).contains("\"name\" : \"avalanche\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "storm | unknown experiment: storm (expected: avalanche,",
        "avalanche --seconds 0 | --seconds: 0 (expected: 1 to 300)",
        "avalanche --rate 9 | --rate: 9 (expected: 10 to 500)",
        "avalanche --fault rain | --fault: rain (expected: slow, errors, reset or silent)",
        "burst --fault slow | --fault: belongs to avalanche alone",
        "avalanche --seconds soon | --seconds",
      })
  void refusesWhatItCannotDo(String line, String message) {
    assertThat(run(line.split(" ", -1))).isEqualTo(64);
    assertThat(err.toString()).contains(message);
  }

  @Test
  void saysThatTheLauncherStartsIt() {
    assertThat(run("avalanche")).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-3008");
  }
}
