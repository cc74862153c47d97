package io.heddle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script, run as an unpacked archive with no JDK in sight, and with a false one. */
class LauncherTest {
  private static final Path SCRIPT = Path.of("..", "heddle").toAbsolutePath().normalize();

  @TempDir private Path folder = Path.of("");

  private record Ran(int exitCode, String said) {}

  @Test
  void isValidBash() throws IOException, InterruptedException {
    assertThat(run(List.of("bash", "-n", SCRIPT.toString()), Map.of()).exitCode()).isZero();
  }

  @Test
  void saysThatAnArchiveIsNotWholeAndNeverBuildsIt() throws IOException, InterruptedException {
    Path copy = Files.copy(SCRIPT, folder.resolve("heddle"));

    Ran ran = run(List.of("bash", copy.toString(), "status"), Map.of("JAVA_HOME", falseJdk()));

    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.said()).contains("unpack it again").doesNotContain("building");
  }

  @Test
  void givesEachVerbTheClassPathOfItsProgram() throws IOException, InterruptedException {
    Path copy = Files.copy(SCRIPT, folder.resolve("heddle"));
    for (String program : List.of("proxy", "control", "cli", "demo")) {
      Files.createDirectories(folder.resolve("lib").resolve(program));
      Files.writeString(
          folder.resolve("lib").resolve(program).resolve("a-" + program + ".jar"), "x");
    }
    Map<String, String> environment = Map.of("JAVA_HOME", falseJdk());

    assertThat(run(List.of("bash", copy.toString(), "sidecar", "--a b"), environment).said())
        .contains("a-proxy.jar\nio.heddle.proxy.app.ProxyMain\nsidecar\n--a b\n")
        .doesNotContain("-cli.jar", "AOTCache");
    assertThat(run(List.of("bash", copy.toString(), "control"), environment).said())
        .contains("a-control.jar\nio.heddle.control.app.ControlMain\ncontrol\n");
    assertThat(
            run(List.of("bash", copy.toString(), "validate", "--offline", "-f", "x"), environment)
                .said())
        .contains("a-control.jar\nio.heddle.control.app.ControlMain\nvalidate\n--offline\n-f\nx\n");
    assertThat(
            run(List.of("bash", copy.toString(), "validate", "--offline", "--help"), environment)
                .said())
        .contains("a-cli.jar\nio.heddle.cli.Heddle\nvalidate\n");
    assertThat(run(List.of("bash", copy.toString(), "up", "--help"), environment).said())
        .contains("a-cli.jar\nio.heddle.cli.Heddle\nup\n--help\n")
        .doesNotContain("training");
  }

  @Test
  void proxyWithAControlPlaneStartsAsASidecarDoes() throws IOException, InterruptedException {
    Path copy = Files.copy(SCRIPT, folder.resolve("heddle"));
    for (String program : List.of("proxy", "cli")) {
      Files.createDirectories(folder.resolve("lib").resolve(program));
      Files.writeString(folder.resolve("lib").resolve(program).resolve("a.jar"), "x");
    }
    Map<String, String> environment = Map.of("JAVA_HOME", falseJdk());
    Path alone = Files.writeString(folder.resolve("alone.yaml"), "static_resources: {}\n");
    Path driven = Files.writeString(folder.resolve("driven.yaml"), "dynamic_resources: {}\n");
    List<String> bash = List.of("bash", copy.toString());

    for (List<String> options :
        List.of(
            List.of("-c", driven.toString()),
            List.of("proxy", "-l", "info", "--config-path", driven.toString()),
            List.of("proxy", "--config-path=" + driven),
            List.of("proxy", "--config-yaml", "{\"dynamicResources\": {}}"))) {
      assertThat(run(both(bash, options), environment).said()).contains("/lib/mesh/a.jar");
    }
    for (List<String> options :
        List.of(List.of("-c", alone.toString()), List.of("proxy", "-c", "/nowhere"))) {
      assertThat(run(both(bash, options), environment).said()).contains("/lib/proxy/a.jar");
    }
  }

  @Test
  void proxyWithCertificatesHasACacheOfItsOwn() throws IOException, InterruptedException {
    Path copy = Files.copy(SCRIPT, folder.resolve("heddle"));
    for (String program : List.of("proxy", "cli")) {
      Files.createDirectories(folder.resolve("lib").resolve(program));
      Files.writeString(folder.resolve("lib").resolve(program).resolve("a.jar"), "x");
    }
    Map<String, String> environment = Map.of("JAVA_HOME", falseJdk());
    Path tls =
        Files.writeString(
            folder.resolve("tls.yaml"),
            "'@type':"
                + " type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext\n");

    assertThat(run(List.of("bash", copy.toString(), "-c", tls.toString()), environment).said())
        .contains("/lib/tls/a.jar");
  }

  private static List<String> both(List<String> first, List<String> second) {
    List<String> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  /** A folder that looks like JDK 25, whose {@code java} prints its arguments a line each. */
  private String falseJdk() throws IOException {
    Path bin = Files.createDirectories(folder.resolve("jdk").resolve("bin"));
    Files.writeString(folder.resolve("jdk").resolve("release"), "JAVA_VERSION=\"25.0.9\"\n");
    Path java = bin.resolve("java");
    Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    return folder.resolve("jdk").toString();
  }

  private static Ran run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command));
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ran(process.waitFor(), said);
  }
}
