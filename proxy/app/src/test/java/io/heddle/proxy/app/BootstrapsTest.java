package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every bootstrap of {@code tests/bootstraps} is accepted and serves what its comments say; every
 * malformed twin is refused by the field that its comment names.
 */
class BootstrapsTest {
  private static final Path FOLDER = Path.of("../../tests/bootstraps");

  static List<String> good() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".yaml") && !name.endsWith(".bad.yaml"))
          .sorted()
          .toList();
    }
  }

  static List<String> bad() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".bad.yaml"))
          .sorted()
          .toList();
    }
  }

  @Test
  void thereAreEnoughOfThem() throws IOException {
    assertThat(good()).hasSizeGreaterThanOrEqualTo(60);
    assertThat(bad()).hasSizeGreaterThanOrEqualTo(40);
  }

  @ParameterizedTest
  @MethodSource("good")
  void servesWhatItSays(String name) throws IOException {
    List<Shown> all = Shown.in(Files.readAllLines(FOLDER.resolve(name)));
    assertThat(all).as("requests that %s shows", name).isNotEmpty();
    try (EchoUpstreams upstreams = EchoUpstreams.start()) {
      Boot boot = boot(upstreams.in(Files.readString(FOLDER.resolve(name))));
      assertThat(ProxyRuntime.validate(boot, ProxySettings.small())).isEmpty();
      switch (ProxyRuntime.start(boot, ProxySettings.small())) {
        case Launch.Failed failed -> assertThat(failed.errors()).isEmpty();
        case Launch.Running running -> {
          try (ProxyRuntime runtime = running.runtime()) {
            InetSocketAddress at = runtime.engine().listeners().getFirst().address().orElseThrow();
            for (Shown shown : all) {
              try (Socket socket = new Socket(at.getAddress(), at.getPort())) {
                shown.holds(socket);
              }
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("bad")
  void isRefusedNamingTheField(String name) throws IOException {
    String text = Files.readString(FOLDER.resolve(name));
    String field =
        text.lines()
            .filter(line -> line.startsWith("#! "))
            .map(line -> line.substring(3))
            .findFirst()
            .orElseThrow();
    assertThat(refusals(text)).anySatisfy(error -> assertThat(error).contains(field));
  }

  private static Boot boot(String text) {
    return switch (new BootstrapParser(ParseOptions.STRICT).parse(text)) {
      case Parsed.Ok<BootstrapConfig> good -> new Boot(good.value(), JsonObject::new);
      case Parsed.Refused<BootstrapConfig> refused ->
          throw new AssertionError(refused.errors().stream().map(ConfigError::message).toList());
    };
  }

  /** Every error, with the paths of resources put behind that of the bootstrap. */
  private static List<String> refusals(String text) {
    return switch (new BootstrapParser(ParseOptions.STRICT).parse(text)) {
      case Parsed.Refused<BootstrapConfig> refused ->
          refused.errors().stream().map(ConfigError::message).toList();
      case Parsed.Ok<BootstrapConfig> good ->
          ProxyRuntime.validate(new Boot(good.value(), JsonObject::new), ProxySettings.small())
              .stream()
              .map(BootstrapsTest::fromTheTop)
              .toList();
    };
  }

  /**
   * What the engine refuses is told from its resource on: {@code Listener main: filter_chains…}.
   */
  private static String fromTheTop(String error) {
    int colon = error.indexOf(": ");
    String kind = colon < 0 ? "" : error.substring(0, colon).toLowerCase(Locale.ROOT);
    String rest = colon < 0 ? error : error.substring(colon + 2);
    if (kind.startsWith("listener ")) {
      return "static_resources.listeners[0]." + rest;
    }
    return kind.startsWith("cluster ") ? "static_resources.clusters[0]." + rest : error;
  }

  /** One request and its answer, as the comments of a bootstrap have them. */
  record Shown(String request, String answer, List<String> says) {
    private static final int PATIENCE_MILLIS = 20_000;

    static List<Shown> in(List<String> lines) {
      List<Shown> all = new ArrayList<>();
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).startsWith("#> ")) {
          String answer = lines.get(++i);
          assertThat(answer).startsWith("#< ");
          List<String> says = new ArrayList<>();
          while (lines.get(i + 1).startsWith("#~ ")) {
            says.add(lines.get(++i).substring(3));
          }
          all.add(
              new Shown(lines.get(i - 1 - says.size()).substring(3), answer.substring(3), says));
        }
      }
      return all;
    }

    void holds(Socket socket) throws IOException {
      socket.setSoTimeout(PATIENCE_MILLIS);
      if (request.startsWith("tcp ")) {
        socket.getOutputStream().write(request.substring(4).getBytes(StandardCharsets.UTF_8));
        socket.shutdownOutput();
        assertThat(rest(socket)).isEqualTo(answer);
        return;
      }
      socket.getOutputStream().write(bytes().getBytes(StandardCharsets.UTF_8));
      String response = rest(socket);
      int end = response.indexOf("\r\n\r\n");
      assertThat(end).as(response).isPositive();
      String head = response.substring(0, end + 2).toLowerCase(Locale.ROOT);
      String body = response.substring(end + 4);
      String[] words = answer.split(" ");
      assertThat(head).as("%s: %s", request, response).startsWith("http/1.1 " + words[0] + " ");
      for (String expected : List.of(words).subList(1, words.length)) {
        if (expected.startsWith("!")) {
          assertThat(head).doesNotContain("\r\n" + expected.substring(1) + ":");
        } else {
          assertThat(head)
              .contains("\r\n" + expected.replaceFirst("=", ": ").replace('+', ' ') + "\r\n");
        }
      }
      for (String part : says) {
        if (part.startsWith("!")) {
          assertThat(body).doesNotContain(part.substring(1));
        } else {
          assertThat(body).contains(part);
        }
      }
    }

    private String bytes() {
      if (request.startsWith("raw ")) {
        return request.substring(4).replace("\\r\\n", "\r\n");
      }
      String[] words = request.split(" ");
      StringBuilder out = new StringBuilder(words[0] + " " + words[1] + " HTTP/1.1\r\n");
      boolean host = false;
      for (String header : List.of(words).subList(2, words.length)) {
        host |= header.startsWith("host=");
        out.append(header.replaceFirst("=", ": ")).append("\r\n");
      }
      return out + (host ? "" : "host: localhost\r\n") + "connection: close\r\n\r\n";
    }

    private static String rest(Socket socket) throws IOException {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
