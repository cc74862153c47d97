package io.heddle.cli.aot;

import com.sun.net.httpserver.HttpServer;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.process.FreePorts;
import io.heddle.cli.process.Programs;
import io.heddle.cli.process.Programs.Program;
import io.heddle.cli.up.Progress;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Runs control plane, proxy and command line once, on free ports and in a folder of its own. */
public final class CacheTraining {
  private static final int START_SECONDS = 30;

  /** The JVM writes the cache when the program ends, which takes some seconds. */
  private static final int DUMP_SECONDS = 90;

  private static final int REQUESTS = 400;
  private static final int HTTP2_REQUESTS = 50;
  private static final int TLS_REQUESTS = 40;
  private static final String OBJECTS =
      """
      apiVersion: v1
      kind: Service
      metadata:
        name: training
      spec:
        ports:
          - port: 80
      """;

  private final Programs programs;
  private final Progress progress;
  private final Path folder;
  private final FreePorts ports = new FreePorts(new SplittableRandom());
  private final List<Program> trained = new ArrayList<>();

  public CacheTraining(Programs programs, Progress progress) {
    this.programs = programs;
    this.progress = progress;
    folder = programs.home().resolve("aot");
  }

  /** Trains the wanted programs; answers with those that now have a cache. */
  public List<Program> train(List<Program> wanted) throws IOException, InterruptedException {
    Path scratch = folder.resolve("training");
    removeTree(scratch);
    Files.createDirectories(scratch);
    int api = ports.next();
    int xds = ports.next();
    Process control =
        start(
            Program.CONTROL,
            wanted,
            List.of(
                "control",
                "--api-address",
                "127.0.0.1:" + api,
                "--xds-address",
                "127.0.0.1:" + xds,
                "--state",
                scratch.resolve("control").toString()));
    try {
      ControlPlane client = new ControlPlane(URI.create("http://127.0.0.1:" + api));
      if (!await(control, client::ready)) {
        progress.say("the control plane does not start: see " + log(Program.CONTROL));
        return List.of();
      }
      client.apply("training.yaml", OBJECTS);
      if (wanted.contains(Program.PROXY)) {
        trainProxy(wanted, scratch);
      }
      if (wanted.contains(Program.TLS)) {
        trainWithTls(wanted, scratch);
      }
      if (wanted.contains(Program.MESH)) {
        trainSidecar(wanted, scratch, xds);
      }
      if (wanted.contains(Program.CLI)) {
        Process rehearsal =
            start(
                Program.CLI,
                wanted,
                List.of(
                    "rehearse", "--api", client.base().toString(), "--state", scratch.toString()));
        finish(Program.CLI, rehearsal);
      }
    } finally {
      control.destroy();
      if (wanted.contains(Program.CONTROL)) {
        finish(Program.CONTROL, control);
      }
      control.destroyForcibly();
      removeTree(scratch);
    }
    return List.copyOf(trained);
  }

  private void trainProxy(List<Program> wanted, Path scratch)
      throws IOException, InterruptedException {
    HttpServer upstream = upstream();
    try {
      TrainingBootstrap bootstrap =
          new TrainingBootstrap(
              ports.next(), ports.next(), upstream.getAddress().getPort(), 0, Optional.empty());
      Path file = scratch.resolve("bootstrap.yaml");
      Files.writeString(file, bootstrap.yaml());
      Process proxy = start(Program.PROXY, wanted, List.of("proxy", "-c", file.toString()));
      exercise(Program.PROXY, proxy, bootstrap.listener(), bootstrap.admin(), () -> {});
    } finally {
      upstream.stop(0);
    }
  }

  private void trainWithTls(List<Program> wanted, Path scratch)
      throws IOException, InterruptedException {
    TrainingIdentity identity = TrainingIdentity.create(scratch);
    HttpServer upstream = upstream();
    try {
      TrainingBootstrap bootstrap =
          new TrainingBootstrap(
              ports.next(),
              ports.next(),
              upstream.getAddress().getPort(),
              ports.next(),
              Optional.of(identity.pem()));
      Path file = scratch.resolve("bootstrap-tls.yaml");
      Files.writeString(file, bootstrap.yaml());
      Process proxy = start(Program.TLS, wanted, List.of("proxy", "-c", file.toString()));
      exercise(
          Program.TLS,
          proxy,
          bootstrap.listener(),
          bootstrap.admin(),
          () -> identity.ask(bootstrap.tls(), TLS_REQUESTS));
    } finally {
      upstream.stop(0);
    }
  }

  /** Twice: the trained one starts from the configuration on disk, as after a crash. */
  private void trainSidecar(List<Program> wanted, Path scratch, int xds)
      throws IOException, InterruptedException {
    HttpServer upstream = upstream();
    try {
      Path state = scratch.resolve("sidecar");
      int admin = ports.next();
      int inbound = ports.next();
      List<String> arguments =
          List.of(
              "sidecar",
              "--service=training",
              "--instance=training-1",
              "--port=" + upstream.getAddress().getPort(),
              "--control=127.0.0.1:" + xds,
              "--state=" + state,
              "--admin-port=" + admin,
              "--inbound-port=" + inbound,
              "--outbound-port=" + ports.next());
      Process first = start(Program.MESH, List.of(), arguments);
      Path lastGood = state.resolve("last-good.bin");
      boolean saved = await(first, () -> serves("GET", inbound) && Files.isRegularFile(lastGood));
      first.destroy();
      if (!saved || !first.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
        first.destroyForcibly();
        progress.say("the sidecar does not answer: see " + log(Program.MESH));
        return;
      }
      exercise(Program.MESH, start(Program.MESH, wanted, arguments), inbound, admin, () -> {});
    } finally {
      upstream.stop(0);
    }
  }

  private static HttpServer upstream() throws IOException {
    HttpServer upstream =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    upstream.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.getRequestBody().skip(Long.MAX_VALUE);
            exchange.sendResponseHeaders(200, 2);
            exchange.getResponseBody().write(new byte[] {'o', 'k'});
          }
        });
    upstream.start();
    return upstream;
  }

  /** Sends requests through a proxy, looks at its admin pages, and ends it. */
  private void exercise(
      Program program, Process proxy, int listener, int admin, TrainingTraffic more)
      throws IOException, InterruptedException {
    try {
      if (!await(proxy, () -> serves("GET", listener))) {
        progress.say("the proxy does not answer: see " + log(program));
        return;
      }
      for (int i = 0; i < REQUESTS; i++) {
        serves(i % 4 == 0 ? "POST" : "GET", listener);
      }
      TrainingTraffic.http2(listener, HTTP2_REQUESTS).send();
      more.send();
      // Not config_dump: what prints it would stay in the memory of every proxy.
      for (String page : List.of("ready", "stats", "stats/prometheus", "clusters")) {
        status("GET", "http://127.0.0.1:" + admin + "/" + page);
      }
    } finally {
      proxy.destroy();
      finish(program, proxy);
    }
  }

  private Process start(Program program, List<Program> wanted, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>(programs.command(program, arguments));
    command.removeIf(word -> word.startsWith("-XX:AOTCache="));
    if (wanted.contains(program)) {
      Files.deleteIfExists(part(program));
      command.add(1, "-XX:AOTCacheOutput=" + part(program));
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectInput(new File("/dev/null"));
    builder.redirectErrorStream(true);
    builder.redirectOutput(log(program).toFile());
    builder.environment().put("MALLOC_ARENA_MAX", "1");
    return builder.start();
  }

  /** Waits for the end of a program that was told to end, and takes its cache over. */
  private void finish(Program program, Process process) throws IOException, InterruptedException {
    if (!process.waitFor(DUMP_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      progress.say(program.folder() + " does not end: see " + log(program));
      return;
    }
    if (!Files.isRegularFile(part(program))) {
      progress.say("no cache for " + program.folder() + ": see " + log(program));
      return;
    }
    Files.move(
        part(program),
        folder.resolve(program.folder() + ".aot"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    trained.add(program);
    progress.say("start-up cache of " + program.folder() + " is trained");
  }

  private Path part(Program program) {
    return folder.resolve(program.folder() + ".part.aot");
  }

  private Path log(Program program) {
    return folder.resolve(program.folder() + "-training.log");
  }

  private static boolean await(Process process, BooleanSupplier done) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!done.getAsBoolean()) {
      if (process.waitFor(50, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
        return false;
      }
    }
    return true;
  }

  private static boolean serves(String method, int port) {
    return status(method, "http://127.0.0.1:" + port + "/") == 200;
  }

  /** Zero when nobody answers, which while something starts is no news. */
  private static int status(String method, String url) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create(url).toURL().openConnection(Proxy.NO_PROXY);
      connection.setConnectTimeout(2_000);
      connection.setReadTimeout(5_000);
      connection.setRequestMethod(method);
      if (method.equals("POST")) {
        connection.setDoOutput(true);
        connection.getOutputStream().write(new byte[100]);
      }
      int status = connection.getResponseCode();
      InputStream body = status >= 400 ? connection.getErrorStream() : connection.getInputStream();
      if (body != null) {
        try (body) {
          body.skip(Long.MAX_VALUE);
        }
      }
      return status;
    } catch (IOException e) {
      return 0;
    }
  }

  private static void removeTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
