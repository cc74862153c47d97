package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A {@code heddle proxy} of its own process, and where it says things. */
final class ProxyProcess {
  static final long PATIENCE_SECONDS = 60;

  final Process process;
  private final HttpClient client;
  private final Path log;
  private final Path address;

  /**
   * Starts one.
   *
   * @param folder for its files; processes that share it share the socket of an upgrade
   */
  ProxyProcess(HttpClient client, Path folder, String name, String config, String... more)
      throws IOException {
    this.client = client;
    log = folder.resolve(name + ".log");
    address = folder.resolve(name + ".admin");
    Path file = Files.writeString(folder.resolve(name + ".yaml"), config);
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                ProxyMain.class.getName(),
                "proxy",
                "-c",
                file.toString(),
                "--concurrency",
                "2",
                "--socket-path",
                folder.resolve("s").resolve("x").toString(),
                "--admin-address-path",
                address.toString()));
    command.addAll(List.of(more));
    process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  ProxyProcess live() {
    Awaitility.await()
        .atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(
            () -> !process.isAlive() || (Files.exists(address) && get("/ready").equals("LIVE\n")));
    assertThat(process.isAlive()).as(said()).isTrue();
    return this;
  }

  ProxyProcess alone() {
    live();
    awaitSaid("Took over from process");
    return this;
  }

  void awaitSaid(String text) {
    Awaitility.await()
        .atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() -> said().contains(text));
  }

  void awaitEnd(int code) throws Exception {
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as(said()).isTrue();
    assertThat(process.exitValue()).as(said()).isEqualTo(code);
  }

  String said() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  String get(String path) {
    try {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://" + Files.readString(address) + path))
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException | IllegalArgumentException e) {
      // Not there yet, or half written.
      return e.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  long stat(String name) {
    for (String line : get("/stats").split("\n", -1)) {
      if (line.startsWith(name + ": ")) {
        return Long.parseLong(line.substring(name.length() + 2));
      }
    }
    return -1;
  }

  int port() {
    String listeners = get("/listeners").strip();
    return Integer.parseInt(listeners.substring(listeners.lastIndexOf(':') + 1));
  }
}
