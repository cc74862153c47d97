package io.heddle.cli.up;

import io.heddle.cli.process.Executables;
import io.heddle.cli.process.Programs;
import io.heddle.cli.process.Programs.Program;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Finds the runtime of every sample service, and builds those that are compiled. */
final class ShopRuntimes {
  private static final int BUILD_SECONDS = 180;
  private static final int PROBE_SECONDS = 15;

  private final Programs programs;
  private final Path state;
  private final Progress progress;

  ShopRuntimes(Programs programs, Path state, Progress progress) {
    this.programs = programs;
    this.state = state;
    this.progress = progress;
  }

  /**
   * How a service is run.
   *
   * @param language as its hops say
   * @param note why the Java twin stands in; empty when the real one runs
   */
  record Runner(String language, List<String> command, String note) {}

  /** Looks at all services at once. */
  Map<String, Runner> find() throws InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Map<String, Future<Runner>> pending = new LinkedHashMap<>();
      for (String service : ShopInstance.SERVICES) {
        pending.put(service, threads.submit(() -> runner(service)));
      }
      Map<String, Runner> runners = new LinkedHashMap<>();
      for (Map.Entry<String, Future<Runner>> entry : pending.entrySet()) {
        runners.put(entry.getKey(), entry.getValue().get());
      }
      return runners;
    } catch (ExecutionException e) {
      throw new IllegalStateException("looking for a runtime failed", e.getCause());
    }
  }

  private Runner runner(String service) throws IOException, InterruptedException {
    return switch (service) {
      case "web" ->
          interpreted(
              service,
              "Node.js",
              "node",
              "web.js",
              "-e",
              "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)");
      case "orders" ->
          interpreted(
              service,
              "Python",
              "python3",
              "orders.py",
              "-c",
              "import sys; sys.exit(sys.version_info < (3, 8))");
      case "payments" ->
          interpreted(
              service, "PHP", "php", "payments.php", "-r", "exit(PHP_VERSION_ID < 80100 ? 1 : 0);");
      case "stock" -> go();
      case "catalog" -> java();
      default -> throw new IllegalArgumentException(service + " (expected: a service of the shop)");
    };
  }

  private Runner interpreted(
      String service, String language, String executable, String file, String... probe)
      throws IOException, InterruptedException {
    if (Executables.find(executable).isEmpty()) {
      return twin(service, executable + " is not on PATH");
    }
    List<String> command = new ArrayList<>(List.of(executable));
    command.addAll(List.of(probe));
    if (!runs(command, Map.of(), PROBE_SECONDS, "probe-" + service)) {
      return twin(service, executable + " is too old or does not run");
    }
    return new Runner(language, List.of(executable, source(file).toString()), "");
  }

  private Runner go() throws IOException, InterruptedException {
    if (Executables.find("go").isEmpty()) {
      return twin("stock", "go is not on PATH");
    }
    Path source = source("stock.go");
    Path binary = built(source, "stock");
    if (!Files.isExecutable(binary)) {
      progress.say("compiling stock (Go); the first time takes a while");
      List<String> command =
          List.of("go", "build", "-trimpath", "-o", binary.toString(), source.toString());
      // Standard library only: nothing may be fetched, and no other toolchain either.
      Map<String, String> environment =
          Map.of(
              "GOTOOLCHAIN",
              "local",
              "GOPROXY",
              "off",
              "GOFLAGS",
              "",
              "GOWORK",
              "off",
              "CGO_ENABLED",
              "0");
      if (!runs(command, environment, BUILD_SECONDS, "build-stock")) {
        return twin("stock", "go build failed, see " + buildLog("build-stock"));
      }
    }
    return new Runner("Go", List.of(binary.toString()), "");
  }

  private Runner java() throws IOException, InterruptedException {
    Path compiler = Programs.javaTool("javac");
    if (!Files.isExecutable(compiler)) {
      return twin("catalog", "this Java has no javac");
    }
    Path source = source("Catalog.java");
    Path classes = built(source, "catalog");
    if (!Files.isRegularFile(classes.resolve("Catalog.class"))) {
      progress.say("compiling catalog (Java)");
      List<String> command =
          List.of(
              compiler.toString(),
              "-J-XX:+UseSerialGC",
              "-d",
              classes.toString(),
              source.toString());
      if (!runs(command, Map.of(), BUILD_SECONDS, "build-catalog")) {
        return twin("catalog", "javac failed, see " + buildLog("build-catalog"));
      }
    }
    return new Runner(
        "Java",
        List.of(
            Programs.javaTool("java").toString(),
            "-XX:+UseSerialGC",
            "-XX:+UseCompactObjectHeaders",
            "-XX:TieredStopAtLevel=1",
            "-Xss256k",
            "-Xms16m",
            "-Xmx64m",
            "-XX:-UsePerfData",
            "-cp",
            classes.toString(),
            "Catalog"),
        "");
  }

  private Runner twin(String service, String why) {
    return new Runner("Java", programs.command(Program.DEMO, List.of(service)), why);
  }

  private Path source(String file) {
    return programs.home().resolve("demo").resolve("services").resolve(file);
  }

  /** Named after the source's content, so that a change of the source builds anew. */
  private Path built(Path source, String name) throws IOException {
    Path folder = state.resolve("build");
    Files.createDirectories(folder);
    java.util.zip.CRC32C content = new java.util.zip.CRC32C();
    content.update(Files.readAllBytes(source));
    return folder.resolve(name + "-" + Long.toHexString(content.getValue()));
  }

  private Path buildLog(String name) {
    return state.resolve("logs").resolve(name + ".log");
  }

  private boolean runs(
      List<String> command, Map<String, String> environment, int seconds, String name)
      throws IOException, InterruptedException {
    Path log = buildLog(name);
    Files.writeString(log, String.join(" ", command) + "\n", StandardCharsets.UTF_8);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    Process process = builder.start();
    process.getOutputStream().close();
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return false;
    }
    return process.exitValue() == 0;
  }
}
