package io.heddle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.cli.output.Terminal;
import io.heddle.control.api.document.ObjectParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportCommandTest {
  private static final String GOOD =
      """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: web}
      spec:
        hosts: [web]
        http:
          - route:
              - destination: {host: web, port: {number: 80}}
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: web}
      spec:
        host: web
        trafficPolicy:
          loadBalancer: {simple: RANDOM}
      """;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String in, String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    Terminal terminal =
        new Terminal(
            new PrintWriter(out),
            new PrintWriter(err),
            new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
            false,
            Map.of(),
            Clock.systemUTC());
    return Heddle.run(terminal, arguments);
  }

  @Test
  void printsWhatCanBeApplied() {
    assertThat(run(GOOD, "import", "istio", "-f", "-")).isZero();
    assertThat(ObjectParser.parse("out", out.toString()).valid()).isTrue();
    assertThat(ObjectParser.parse("out", out.toString()).objects()).hasSize(2);
    assertThat(err.toString()).contains("2 object(s), nothing not carried over");
  }

  @Test
  void saysWhatIsLeftOutAndEndsWithTwo() {
    String faulty = GOOD.replace("- route:", "- fault: {}\n      route:");
    assertThat(run(faulty, "import", "istio", "-f", "-", "-o", "-")).isEqualTo(2);
    assertThat(err.toString())
        .contains("HDL-5001  (standard input): VirtualService default/web spec.http[0].fault:");
    assertThat(out.toString()).contains("HTTPRoute");
  }

  @Test
  void writesAFileAnObjectAndOverwritesNone(@TempDir Path folder) throws IOException {
    Path target = folder.resolve("routes");
    assertThat(run(GOOD, "import", "istio", "-f", "-", "-o", target.toString())).isZero();
    assertThat(target.resolve("httproute.web.yaml")).exists();
    assertThat(Files.readString(target.resolve("backendtrafficpolicy.web.yaml")))
        .contains("type: Random");
    assertThat(run(GOOD, "import", "istio", "-f", "-", "-o", target.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-3010", "is there already");
  }

  @Test
  void knowsWrongUsage() {
    assertThat(run(GOOD, "import", "linkerd", "-f", "-")).isEqualTo(64);
    assertThat(run("a: [", "import", "istio", "-f", "-")).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-3004", "is not valid YAML");
  }
}
