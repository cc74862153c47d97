package io.heddle.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs the packaged {@code heddle} launcher as a user would. */
final class Packaged {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  private Packaged() {}

  /** What a finished command left behind. */
  record Finished(int exit, String out, String err) {}

  /** The checkout: the folder above this module, where the launcher lies. */
  static Path root() {
    Path here = Path.of("").toAbsolutePath();
    while (!Files.isExecutable(here.resolve("heddle"))) {
      Path parent = here.getParent();
      if (parent == null) {
        throw new IllegalStateException(
            "no folder with an executable `heddle` above " + Path.of("").toAbsolutePath());
      }
      here = parent;
    }
    return here;
  }

  /** Runs a verb to its end, at most {@code seconds}. */
  static Finished heddle(int seconds, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(root().resolve("heddle").toString()));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile("heddle", ".out");
    Path err = Files.createTempFile("heddle", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(root().toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    Process process = builder.start();
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(
          String.join(" ", command)
              + " did not end within "
              + seconds
              + " s:\n"
              + Files.readString(out)
              + Files.readString(err));
    }
    return new Finished(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  /** Ports that are free now. */
  static List<Integer> freePorts(int count) {
    List<ServerSocket> open = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        open.add(socket);
        ports.add(socket.getLocalPort());
      }
      // All are held until the last is known, so that no two are the same.
      for (ServerSocket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return List.copyOf(ports);
  }

  static HttpResponse<String> get(String url, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  static HttpResponse<String> post(String url, String body)
      throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create(url))
            .timeout(Duration.ofSeconds(10))
            .header("Content-Type", "application/yaml")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  /** Processes of this machine whose command line names this text, by pid. */
  static Map<Long, String> processesNaming(String text) {
    Map<Long, String> found = new java.util.TreeMap<>();
    try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
      for (Path entry : entries.toList()) {
        String name = entry.getFileName().toString();
        if (name.chars().allMatch(Character::isDigit)) {
          String line;
          try {
            line =
                Files.readString(entry.resolve("cmdline"), StandardCharsets.ISO_8859_1)
                    .replace('\0', ' ');
          } catch (IOException gone) {
            continue; // It ended while we looked.
          }
          if (line.contains(text) && Long.parseLong(name) != ProcessHandle.current().pid()) {
            found.put(Long.parseLong(name), line);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }
}
