package io.heddle.proxy.app;

import io.heddle.proxy.app.sidecar.MeshBootstrap;
import io.heddle.proxy.app.sidecar.StateFolder;
import io.heddle.proxy.engine.Transport;
import io.heddle.xds.model.BootstrapConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code heddle gateway}: a proxy that serves a Gateway of the mesh. */
final class GatewayCommand {
  private static final Logger LOG = LoggerFactory.getLogger(GatewayCommand.class);

  private final PrintStream out;
  private final PrintStream err;
  private final Program.Ending ending;

  GatewayCommand(PrintStream out, PrintStream err, Program.Ending ending) {
    this.out = out;
    this.err = err;
    this.ending = ending;
  }

  private static Arguments.Declaration declare() {
    return ControlAccess.declare(
            new Arguments.Declaration("gateway", "Runs a proxy that serves a Gateway."))
        .option("NAME", "Gateway that it serves. Required.", "--name")
        .option("HOST:PORT[,...]", "Control plane, or each of several. Required.", "--control")
        .option("IP", "Address on which its listeners are bound. Default: 127.0.0.1.", "--bind")
        .option("NS", "Namespace. Default: default.", "--namespace")
        .option("ID", "Told apart from other proxies of the same Gateway.", "--instance")
        .option("N", "Admin port, 0 for a free one. Default: 15000.", "--admin-port")
        .option("DIR", "State folder. Default: .heddle/gateways/NS-NAME.", "--state")
        .option("N", "Threads that serve traffic. Default: one a processor.", "--concurrency")
        .option(
            "SECONDS", "How long a shutdown waits for connections. Default: 5.", "--drain-time-s")
        .option("DIR", "Folder of jars with filters.", "--plugins")
        .flag("Replace the gateway that runs with this state folder, if one does.", "--upgrade")
        .option(
            "LEVEL",
            "trace, debug, info (default), warning, error, critical, off.",
            "-l",
            "--log-level");
  }

  int run(List<String> args) throws UsageException, InterruptedException {
    Arguments given = declare().parse(args);
    if (given.has("--help")) {
      out.print(given.usage());
      return Program.DONE;
    }
    if (given.has("--version")) {
      out.println("heddle " + Version.text());
      return Program.DONE;
    }
    given.logLevel("--log-level");
    given.required("--name");
    String name = given.label("--name", "");
    String namespace = given.label("--namespace", "default");
    String instance = given.token("--instance");
    String bind = given.address("--bind", "127.0.0.1");
    String control = given.hostPorts("--control");
    ControlAccess access = ControlAccess.of(given);
    int adminPort = given.number("--admin-port", 15_000, 0, 65_535);
    String own = namespace + "-" + name + (instance.isEmpty() ? "" : "-" + instance);
    Path folder = given.path("--state").orElse(Path.of(".heddle", "gateways", own));
    ProxySettings settings =
        new ProxySettings(
            given.number("--concurrency", Runtime.getRuntime().availableProcessors(), 1, 256),
            Transport.AUTO,
            Duration.ofSeconds(given.number("--drain-time-s", 5, 0, 3600)),
            Optional.empty(),
            Optional.of(folder),
            given.path("--plugins"),
            false,
            LifeSettings.MESH.with(MeshUpgrade.of(given, folder)));
    given.check();
    BootstrapConfig config =
        MeshBootstrap.gateway(namespace, name, instance, bind, control, adminPort);
    try (StateFolder state = MeshUpgrade.open(given, folder)) {
      return serve(
          new Boot(config, () -> MeshBootstrap.json(config), access), settings, state, name);
    } catch (IOException e) {
      return Program.fail(err, "gateway", List.of("--state " + folder + ": " + e.getMessage()));
    }
  }

  private int serve(Boot boot, ProxySettings settings, StateFolder state, String name)
      throws InterruptedException {
    switch (ProxyRuntime.start(boot, settings)) {
      case Launch.Failed failed -> {
        return Program.fail(err, "gateway", failed.errors());
      }
      case Launch.Running running -> {
        try (ProxyRuntime runtime = running.runtime()) {
          LOG.info("Gateway {}", name);
          runtime.life().onChange(() -> changed(runtime, state, name));
          ending.await(runtime.life());
          if (!runtime.replaced()) {
            LOG.info("Draining");
            runtime.drain();
          }
        }
        return Program.DONE;
      }
    }
  }

  private static void changed(ProxyRuntime runtime, StateFolder state, String name) {
    if (runtime.life().live()) {
      int admin = runtime.adminAddress().map(InetSocketAddress::getPort).orElse(0);
      PortsFile.write(state, Map.of("gateway", name, "admin", admin), runtime.engine().listeners());
    }
  }
}
