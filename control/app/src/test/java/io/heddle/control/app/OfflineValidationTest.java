package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OfflineValidationTest {
  private static final String ROUTE =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: r}
      spec:
        parentRefs: [{group: "", kind: Service, name: web}]
        rules: [{backendRefs: [{name: web, port: 80}]}]
      """;
  private static final String SERVICE =
      "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n";

  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void write() throws IOException {
    Files.writeString(folder.resolve("a-route.yaml"), ROUTE);
  }

  private int run(String... arguments) {
    out.reset();
    err.reset();
    return new OfflineValidation(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            new ByteArrayInputStream(ROUTE.getBytes(StandardCharsets.UTF_8)))
        .run(List.of(arguments));
  }

  private String said() {
    return out.toString(StandardCharsets.UTF_8) + err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void judgesAllFilesTogether() throws IOException {
    assertThat(run("--offline", "-f", folder.toString())).isEqualTo(2);
    assertThat(said())
        .contains("HDL-4001", "HDL-4008", "mend: ", "1 file(s), no error(s), 2 warning(s)");
    Files.writeString(folder.resolve("b-service.yml"), SERVICE);
    assertThat(run("-f", folder.toString(), "--offline")).isZero();
    assertThat(said()).isEqualTo("2 file(s), no error(s)\n");
  }

  @Test
  void namesFileAndLineOfErrorsAlsoAsJson() throws IOException {
    Path bad = folder.resolve("bad.yaml");
    Files.writeString(bad, SERVICE.replace("80", "99999"));
    assertThat(run("--offline", "-f", bad.toString())).isEqualTo(2);
    assertThat(said()).contains("HDL-1001", bad + ":", "spec.ports[0].port", "99999");
    assertThat(run("--offline", "-f", "-", "-o", "json")).isEqualTo(2);
    assertThat(said()).contains("\"HDL-4001\"", "(standard input)", "\"errors\" : [ ]");
  }

  @Test
  void saysWhatItCannotReadOrUnderstand() {
    assertThat(run("--offline", "-f", folder.resolve("none.yaml").toString())).isEqualTo(1);
    assertThat(said()).contains("HDL-3004", "none.yaml");
    assertThat(run("--offline")).isEqualTo(64);
    assertThat(run("--offline", "-f", "x", "-o", "xml")).isEqualTo(64);
    assertThat(run("--offline", "--nonsense")).isEqualTo(64);
  }

  @Test
  void isReachedByTheProgramsVerb() {
    int code =
        ControlMain.run(
            new String[] {"validate", "--offline", "-f", folder.toString()},
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(code).isEqualTo(2);
  }
}
