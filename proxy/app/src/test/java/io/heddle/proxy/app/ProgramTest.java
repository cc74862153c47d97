package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Transport;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.parse.BootstrapParser;
import io.heddle.xds.model.parse.TextProto;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramTest {
  @TempDir private Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... args) {
    return new Program(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            _ -> {})
        .run(List.of(args));
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void helpAndVersionEndWell() {
    assertThat(run("proxy", "--help")).isZero();
    assertThat(out()).contains("--config-path").contains("--drain-time-s");
    assertThat(run("sidecar", "--version")).isZero();
    assertThat(run("gateway", "-h")).isZero();
    assertThat(run("--help")).isZero();
    assertThat(err()).isEmpty();
  }

  @Test
  void wrongCommandLineIs64AndTellsEverythingAtOnce() {
    assertThat(run("fly")).isEqualTo(64);
    assertThat(run("proxy", "--wings")).isEqualTo(64);
    assertThat(err()).contains("--wings");
    assertThat(run("sidecar", "--port", "0", "--control", "nowhere", "--labels", "x", "-l", "loud"))
        .isEqualTo(64);
    assertThat(err())
        .contains("heddle sidecar: --service is missing")
        .contains("heddle sidecar: --port: found 0, expected 1 to 65535")
        .contains("heddle sidecar: --control: found nowhere, expected HOST:PORT")
        .contains("heddle sidecar: --labels: found x, expected KEY=VALUE")
        .contains("heddle sidecar: --log-level: found loud")
        .doesNotContain("Exception");
  }

  @Test
  void optionsOfEnvoyAreTakenOrRefusedByName() {
    assertThat(
            run(
                "proxy",
                "--config-yaml",
                "{}",
                "--mode",
                "validate",
                "--local-address-ip-version",
                "v6",
                "--file-flush-interval-msec",
                "200",
                "--drain-strategy",
                "immediate",
                "--drain-time-s",
                "45",
                "--parent-shutdown-time-s",
                "60",
                "--base-id",
                "7",
                "--service-zone",
                "z",
                "-l",
                "warning"))
        .as(err())
        .isZero();
    assertThat(
            run(
                "proxy",
                "--config-yaml",
                "{}",
                "--local-address-ip-version",
                "v5",
                "--drain-strategy",
                "never",
                "--drain-time-s",
                "60",
                "--parent-shutdown-time-s",
                "45",
                "--disable-hot-restart",
                "--restart-epoch",
                "1"))
        .isEqualTo(64);
    assertThat(err())
        .contains("--local-address-ip-version: found v5, expected v4 or v6")
        .contains("--drain-strategy: found never, expected gradual or immediate")
        .contains("--parent-shutdown-time-s: found 45, expected --drain-time-s")
        .contains("--disable-hot-restart: found with --restart-epoch or --upgrade");
  }

  @Test
  void transportIsChosenAndItsAbsenceExplained() {
    assertThat(run("proxy", "--config-yaml", "{}", "--transport", "pigeon")).isEqualTo(64);
    assertThat(err())
        .contains("--transport: found pigeon, expected auto or epoll or io_uring or nio");
    for (Transport transport : Transport.values()) {
      err.reset();
      String name = transport.name().toLowerCase(Locale.ROOT);
      int code = run("proxy", "--config-yaml", "{}", "--mode", "validate", "--transport", name);
      Optional<String> why = transport.unavailability();
      assertThat(code).as(name).isEqualTo(why.isPresent() ? 1 : 0);
      why.ifPresent(reason ->
          assertThat(err())
              .contains("transport " + name + " is not available on this machine: " + reason));
    }
  }

  @Test
  void missingFileAndBadBootstrapAre1WithEveryErrorOnALine() throws Exception {
    assertThat(run("proxy", "-c", folder.resolve("none.yaml").toString())).isEqualTo(1);
    assertThat(err()).contains("no such file");
    Path file =
        Files.writeString(
            folder.resolve("bad.yaml"),
            """
            static_resources:
              clusters:
              - name: ""
                type: WORMHOLE
            nonsense: 1
            """);
    assertThat(run("proxy", "-c", file.toString(), "--mode", "validate")).isEqualTo(1);
    assertThat(err().lines().filter(line -> line.contains("bad.yaml: "))).hasSizeGreaterThan(1);
    assertThat(err()).contains("nonsense").doesNotContain("Exception");
    assertThat(out()).isEmpty();
  }

  @Test
  void aBugEndsTheProgramInOrder() {
    int code =
        new Program(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                _ -> {
                  throw new IllegalStateException("planted");
                })
            .run(List.of("proxy", "--concurrency", "1", "--config-yaml", "node: {id: a}"));
    assertThat(code).isEqualTo(1);
    assertThat(err()).contains("heddle proxy: internal error: ").contains("planted");
  }

  @Test
  void versionOfTheServiceIsNotTheVersionOfTheProgram() {
    assertThat(VersionOption.translate(List.of("--version", "v2", "--port", "1")))
        .containsExactly("--version-label", "v2", "--port", "1");
    assertThat(VersionOption.translate(List.of("--version"))).containsExactly("--version");
    assertThat(VersionOption.translate(List.of("--version", "--port")))
        .containsExactly("--version", "--port");
  }

  @Test
  void bootstrapIsTakenInEveryFormThatEnvoyTakes() throws Exception {
    String text =
        """
        node { id: "n" cluster: "c" }
        static_resources {
          clusters {
            name: "up"
            type: STATIC
            load_assignment { cluster_name: "up" }
            typed_extension_protocol_options {
              key: "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
              value {
                [type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions] {
                  explicit_http_config { http2_protocol_options {} }
                }
              }
            }
          }
        }
        """;
    assertThat(validated("b.pb_text", text.getBytes(StandardCharsets.UTF_8))).isZero();
    BootstrapParser parser = new BootstrapParser(ParseOptions.STRICT);
    if (!(parser.textFormat(text) instanceof TextProto.Outcome.Encoded encoded)) {
      throw new AssertionError(parser.textFormat(text).toString());
    }
    assertThat(validated("b.pb", encoded.message().toByteArray())).isZero();
    BootstrapText read = new BootstrapText.TextFormat(text);
    assertThat(read.json(ParseOptions.STRICT).toString())
        .startsWith("{\"node\":{\"id\":\"n\",\"cluster\":\"c\"}")
        .contains("\"http2_protocol_options\":{}");
    assertThat(new BootstrapText.Binary(encoded.message()).json(ParseOptions.STRICT))
        .isEqualTo(read.json(ParseOptions.STRICT));
    assertThat(read.parse(ParseOptions.STRICT))
        .isEqualTo(new BootstrapText.Binary(encoded.message()).parse(ParseOptions.STRICT));
  }

  @Test
  void bootstrapThatCannotBeReadIsRefusedWithItsPlace() throws Exception {
    assertThat(validated("b.pb_text", "node {\n  idd: \"n\"\n}\n".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(Program.FAILED);
    assertThat(err()).contains("b.pb_text: Bootstrap: found line 2, column 3: ").contains("idd");
    err.reset();
    assertThat(
            validated(
                "b.pb_text",
                "static_resources { clusters { name: \"\" } }".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(Program.FAILED);
    assertThat(err()).contains("static_resources.clusters[0].name");
    err.reset();
    assertThat(validated("b.pb", new byte[] {1, 2, 3})).isEqualTo(Program.FAILED);
    assertThat(err())
        .contains("Bootstrap: found bytes that are not a message, expected an encoded");
    err.reset();
    assertThat(validated("b.pb_length_delimited", new byte[0])).isNotZero();
    assertThat(err())
        .contains("length-delimited messages (expected: .yaml, .json, .pb_text or .pb)");
  }

  private int validated(String name, byte[] content) throws Exception {
    Path file = folder.resolve(name);
    Files.write(file, content);
    return run("proxy", "--mode", "validate", "-c", file.toString());
  }
}
