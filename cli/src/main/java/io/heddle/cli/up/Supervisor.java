package io.heddle.cli.up;

import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.Terminal;
import io.heddle.cli.process.ChildStarter;
import io.heddle.cli.process.ChildStarter.Child;
import io.heddle.cli.process.FreePorts;
import io.heddle.cli.process.Programs;
import io.heddle.cli.process.Programs.Program;
import io.heddle.cli.process.RunFolder;
import io.heddle.cli.process.RunRecord;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Starts control plane, gateway, services and sidecars in that order, watches them, and ends them
 * in the opposite one. Everything listens on the loopback address.
 */
public final class Supervisor {
  private static final Duration CONTROL_PATIENCE = Duration.ofMinutes(1);
  private static final Duration MESH_PATIENCE = Duration.ofMinutes(2);

  private static final Map<String, String> SMALL_ARENAS = Map.of("MALLOC_ARENA_MAX", "1");

  private final Terminal terminal;
  private final UpOptions options;
  private final Programs programs;
  private final RunFolder folder;
  private final ChildStarter starter;
  private final Progress progress;
  private final FreePorts ports = new FreePorts(new SplittableRandom());

  /** Added to by the main thread, read by the watchers and the shutdown hook. */
  private final List<Child> children = new CopyOnWriteArrayList<>();

  /** Held while a child is started and recorded, so that none is started after the end began. */
  private final Object starting = new Object();

  private final AtomicBoolean ending = new AtomicBoolean();

  public Supervisor(
      Terminal terminal,
      UpOptions options,
      Programs programs,
      RunFolder folder,
      Progress progress) {
    this.terminal = terminal;
    this.options = options;
    this.programs = programs;
    this.folder = folder;
    this.progress = progress;
    starter = new ChildStarter(folder);
  }

  ChildStarter starter() {
    return starter;
  }

  /** Starts everything and returns once a request crosses the mesh. */
  public void start() throws IOException, InterruptedException {
    Child control = startControl();
    Map<String, ShopRuntimes.Runner> runners = Map.of();
    if (options.demo()) {
      // While the control plane starts: the compilers are what takes longest.
      runners = new ShopRuntimes(programs, options.state(), progress).find();
      runners.forEach((service, runner) -> {
        if (!runner.note().isEmpty()) {
          progress.say(service + " runs as its Java twin: " + runner.note());
        }
      });
    }
    ControlPlane api = new ControlPlane(URI.create("http://127.0.0.1:" + options.apiPort()));
    await(
        "the control plane",
        CONTROL_PATIENCE,
        control,
        api::ready,
        () -> "no answer on " + api.base());
    progress.say("control plane is ready on " + api.base());
    apply(api);
    Child gateway = startGateway();
    for (ShopInstance instance :
        options.demo() ? ShopInstance.all(options.instances()) : List.<ShopInstance>of()) {
      startService(
          instance, Objects.requireNonNull(runners.get(instance.service()), instance::service));
    }
    awaitMesh(gateway);
  }

  private Child startControl() throws IOException {
    progress.say("starting the control plane");
    return start(
        "control",
        "control",
        programs.command(
            Program.CONTROL,
            List.of(
                "control",
                "--api-address",
                local(options.apiPort()),
                "--xds-address",
                local(options.xdsPort()),
                "--state",
                options.state().resolve("control").toString())),
        SMALL_ARENAS,
        Map.of("api", options.apiPort(), "xds", options.xdsPort()));
  }

  private Child startGateway() throws IOException {
    progress.say("starting the gateway on http://" + local(options.gatewayPort()));
    int admin = ports.next();
    return start(
        "gateway",
        "gateway",
        programs.command(
            Program.MESH,
            List.of(
                "gateway",
                "--name",
                "demo",
                "--control",
                local(options.xdsPort()),
                "--bind",
                "127.0.0.1",
                "--admin-port",
                Integer.toString(admin),
                "--state",
                proxyState("gateway"))),
        SMALL_ARENAS,
        Map.of("http", options.gatewayPort(), "admin", admin));
  }

  /** The ports are chosen here and given to both, so that either can be started again alone. */
  private void startService(ShopInstance instance, ShopRuntimes.Runner runner) throws IOException {
    int app = ports.next();
    int inbound = ports.next();
    int outbound = ports.next();
    int admin = ports.next();
    progress.say("starting " + instance.name() + " (" + runner.language() + ") and its sidecar");
    String proxy = "http://" + local(outbound);
    start(
        instance.name(),
        "service",
        runner.command(),
        Map.of(
            "PORT", Integer.toString(app),
            "OUTBOUND", proxy,
            "HTTP_PROXY_URL", proxy,
            "INSTANCE", instance.name(),
            "VERSION", instance.version()),
        Map.of("app", app));
    start(
        instance.sidecar(),
        "sidecar",
        programs.command(
            Program.MESH,
            List.of(
                "sidecar",
                "--service",
                instance.service(),
                "--port",
                Integer.toString(app),
                "--control",
                local(options.xdsPort()),
                "--address",
                "127.0.0.1",
                "--version",
                instance.version(),
                "--instance",
                instance.name(),
                "--inbound-port",
                Integer.toString(inbound),
                "--outbound-port",
                Integer.toString(outbound),
                "--admin-port",
                Integer.toString(admin),
                "--health-path",
                "/healthz",
                "--state",
                proxyState(instance.sidecar()))),
        SMALL_ARENAS,
        Map.of("inbound", inbound, "outbound", outbound, "admin", admin));
  }

  private Child start(
      String name,
      String role,
      List<String> command,
      Map<String, String> environment,
      Map<String, Integer> used)
      throws IOException {
    synchronized (starting) {
      if (ending.get()) {
        throw new CancellationException("told to end while starting");
      }
      Child child = watched(starter.start(name, role, command, environment, used));
      children.add(child);
      return child;
    }
  }

  private Child watched(Child child) {
    var _ =
        child
            .process()
            .onExit()
            .thenAccept(process -> {
              if (!ending.get()) {
                sayEnded(child, process.exitValue());
              }
            });
    return child;
  }

  /** Says that a child died. A script may have started it again already and kept the record. */
  private void sayEnded(Child child, int exitValue) {
    RunRecord record = child.record();
    progress.say(
        record.name()
            + " (pid "
            + record.pid()
            + ") ended with "
            + exitValue
            + "; log: "
            + record.log());
    folder
        .read(record.name())
        .filter(current -> current.pid() == record.pid())
        .ifPresent(current -> folder.write(current.withState(RunRecord.ENDED)));
  }

  private void apply(ControlPlane api) throws IOException {
    String objects = ShopObjects.read(programs.home(), options);
    Files.writeString(options.state().resolve("shop.yaml"), objects);
    ControlPlane.Answer answer = api.apply("shop.yaml", objects);
    if (!answer.ok()) {
      throw new CommandFailure(
          Finding.NOT_READY.about(
              "shop.yaml", "the control plane refuses the demo's objects: " + answer.body()));
    }
    progress.say("applied " + answer.body().path("results").size() + " objects");
  }

  private void awaitMesh(Child gateway) throws InterruptedException {
    String url = "http://" + local(options.gatewayPort()) + "/";
    if (!options.demo()) {
      String ready =
          "http://" + local(gateway.record().ports().getOrDefault("admin", 0)) + "/ready";
      await(
          "the gateway",
          MESH_PATIENCE,
          gateway,
          () -> Readiness.ask(ready).status() == 200,
          () -> ready);
      return;
    }
    progress.say("waiting until a request crosses all services");
    await(
        "the mesh",
        MESH_PATIENCE,
        gateway,
        () -> Readiness.notCrossed(Readiness.ask(url)).isEmpty(),
        () -> "GET " + url + " answers " + Readiness.ask(url));
  }

  /** Asks every 50 ms; gives up early when a process died that cannot be done without. */
  private void await(
      String what, Duration patience, Child needed, BooleanSupplier done, Supplier<String> detail)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!done.getAsBoolean()) {
      for (Child child : children) {
        if (!child.process().isAlive()) {
          throw new CommandFailure(
              Finding.NOT_READY.about(
                  child.record().name(),
                  "ended with "
                      + child.process().exitValue()
                      + " before "
                      + what
                      + " was ready. Its log, "
                      + child.record().log()
                      + ", ends:\n"
                      + LogTail.of(Path.of(child.record().log()))));
        }
      }
      if (System.nanoTime() > deadline) {
        throw new CommandFailure(
            Finding.NOT_READY.about(
                what,
                "not ready after "
                    + patience.toSeconds()
                    + " s: "
                    + detail.get()
                    + "\n          logs: "
                    + options.state().resolve("logs")));
      }
      // Wakes at once when what we wait for dies.
      var _ = needed.process().waitFor(50, TimeUnit.MILLISECONDS);
    }
  }

  /** What runs where, and what to try. */
  public void printSummary() {
    Summary.print(terminal, options, children.stream().map(Child::record).toList());
  }

  /** From now on the end of a child is no news. */
  void beginEnd() {
    synchronized (starting) {
      ending.set(true);
    }
  }

  boolean isEnding() {
    return ending.get();
  }

  private String proxyState(String name) {
    return options.state().resolve("proxy").resolve(name).toString();
  }

  private static String local(int port) {
    return "127.0.0.1:" + port;
  }
}
