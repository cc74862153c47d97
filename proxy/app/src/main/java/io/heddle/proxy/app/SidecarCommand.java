package io.heddle.proxy.app;

import io.heddle.proxy.app.sidecar.MeshBootstrap;
import io.heddle.proxy.app.sidecar.Sidecar;
import io.heddle.proxy.app.sidecar.SidecarOptions;
import io.heddle.proxy.app.sidecar.SidecarPorts;
import io.heddle.proxy.app.sidecar.StateFolder;
import io.heddle.proxy.engine.ListenerView;
import io.heddle.proxy.engine.Transport;
import io.heddle.xds.client.ChannelSource;
import io.heddle.xds.client.ClientLimits;
import io.heddle.xds.model.BootstrapConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code heddle sidecar}: a proxy beside one instance of a service, which it registers. */
final class SidecarCommand {
  private static final Logger LOG = LoggerFactory.getLogger(SidecarCommand.class);

  /** What other proxies need to hear that the instance is gone, before its port is closed. */
  private static final Duration WORD_SPREADS = Duration.ofMillis(250);

  private final PrintStream out;
  private final PrintStream err;
  private final Program.Ending ending;

  SidecarCommand(PrintStream out, PrintStream err, Program.Ending ending) {
    this.out = out;
    this.err = err;
    this.ending = ending;
  }

  private static Arguments.Declaration declare() {
    return ControlAccess.declare(
            new Arguments.Declaration(
                "sidecar", "Runs a proxy beside an instance of a service, and registers it."))
        .option("NAME", "Service that the instance belongs to. Required.", "--service")
        .option("N", "Port on which the application listens, on loopback. Required.", "--port")
        .option("HOST:PORT[,...]", "Control plane, or each of several. Required.", "--control")
        .option(
            "IP", "Address where other proxies reach this one. Default: 127.0.0.1.", "--address")
        .option("V", "Value of the label version; --version V says the same.", "--version-label")
        .option("K=V,...", "Labels of the instance.", "--labels")
        .option("NS", "Namespace. Default: default.", "--namespace")
        .option(
            "ID",
            "Identity of the instance. Default: made once, kept in the state folder.",
            "--instance")
        .option("N", "Inbound port, 0 for a free one. Default: 15006.", "--inbound-port")
        .option("N", "Outbound port, 0 for a free one. Default: 15001.", "--outbound-port")
        .option("N", "Admin port, 0 for a free one. Default: 15000.", "--admin-port")
        .option("DIR", "State folder. Default: .heddle/sidecars/NS-NAME.", "--state")
        .option("PATH", "Path whose GET must answer 2xx. Default: a TCP connect.", "--health-path")
        .option("KIND", "tcp: a TCP connect, the default.", "--health")
        .option("NAME", "What the application speaks: http, the default.", "--protocol")
        .flag("Only register and check; the proxy is somebody else's.", "--register-only")
        .flag("Replace the sidecar that runs with this state folder, if one does.", "--upgrade")
        .option("N", "Threads that serve traffic. Default: 1.", "--concurrency")
        .option(
            "SECONDS", "How long a shutdown waits for connections. Default: 5.", "--drain-time-s")
        .option("DIR", "Folder of jars with filters.", "--plugins")
        .option(
            "LEVEL",
            "trace, debug, info (default), warning, error, critical, off.",
            "-l",
            "--log-level");
  }

  int run(List<String> args) throws UsageException, InterruptedException {
    Arguments given = declare().parse(VersionOption.translate(args));
    if (given.has("--help")) {
      out.print(given.usage());
      return Program.DONE;
    }
    if (given.has("--version")) {
      out.println("heddle " + Version.text());
      return Program.DONE;
    }
    given.logLevel("--log-level");
    SidecarOptions options = options(given);
    ControlAccess access = ControlAccess.of(given);
    ProxySettings settings =
        new ProxySettings(
            given.number("--concurrency", 1, 1, 256),
            Transport.AUTO,
            Duration.ofSeconds(given.number("--drain-time-s", 5, 0, 3600)),
            Optional.empty(),
            Optional.of(options.stateFolder()),
            given.path("--plugins"),
            false,
            LifeSettings.MESH.with(MeshUpgrade.of(given, options.stateFolder())));
    given.check();
    try (StateFolder state = MeshUpgrade.open(given, options.stateFolder())) {
      String instance = state.instance(options, new SplittableRandom());
      return options.registerOnly()
          ? register(options, access, instance, state)
          : serve(options, access, instance, state, settings);
    } catch (IOException e) {
      return Program.fail(
          err, "sidecar", List.of("--state " + options.stateFolder() + ": " + e.getMessage()));
    }
  }

  private static SidecarOptions options(Arguments given) {
    Map<String, String> labels = given.labels("--labels");
    if (given.has("--version-label")) {
      labels.put("version", given.token("--version-label"));
    }
    given.required("--service");
    given.required("--port");
    String path = given.text("--health-path", "");
    if (!path.isEmpty() && !path.matches("/[\\x21-\\x7e]{0,1023}")) {
      given.problem("--health-path: found " + path + ", expected a path such as /healthz");
    }
    if (given.has("--upgrade") && given.has("--register-only")) {
      given.problem("give either --upgrade or --register-only");
    }
    given.choice("--protocol", "http", "http");
    given.choice("--health", "tcp", "tcp");
    if (given.has("--health") && given.has("--health-path")) {
      given.problem("give either --health or --health-path");
    }
    boolean registerOnly = given.has("--register-only");
    return new SidecarOptions(
        given.label("--namespace", "default"),
        given.label("--service", ""),
        given.token("--instance"),
        given.address("--address", "127.0.0.1"),
        given.number("--port", 0, 1, 65_535),
        given.hostPorts("--control"),
        labels,
        // A foreign proxy's port is known and cannot be chosen here.
        given.number("--inbound-port", 15_006, registerOnly ? 1 : 0, 65_535),
        given.number("--outbound-port", 15_001, 0, 65_535),
        given.number("--admin-port", 15_000, 0, 65_535),
        path,
        registerOnly,
        given.path("--state"));
  }

  private int serve(
      SidecarOptions options,
      ControlAccess access,
      String instance,
      StateFolder state,
      ProxySettings settings)
      throws IOException, InterruptedException {
    SidecarPorts ports = state.ports(options);
    BootstrapConfig config = MeshBootstrap.sidecar(options, instance, ports);
    Boot boot = new Boot(config, () -> MeshBootstrap.json(config), access);
    switch (ProxyRuntime.start(boot, settings)) {
      case Launch.Failed failed -> {
        return Program.fail(err, "sidecar", failed.errors());
      }
      case Launch.Running running -> {
        try (ProxyRuntime runtime = running.runtime();
            Sidecar sidecar =
                new Sidecar(
                    options, instance, ports.inbound(), runtime.channels().orElseThrow(), false)) {
          LOG.info(
              "Sidecar {} of {}: inbound {}:{}, outbound 127.0.0.1:{}, application 127.0.0.1:{}",
              instance,
              options.service(),
              options.address(),
              ports.inbound(),
              ports.outbound(),
              options.appPort());
          runtime
              .life()
              .onChange(() -> changed(runtime, sidecar, state, options.address(), instance, ports));
          runtime.onHandover(sidecar::standBy, sidecar::goOn);
          runtime.whenServing(() -> runtime.afterHeadStart(sidecar::start));
          ending.await(runtime.life());
          if (!runtime.replaced()) {
            end(runtime, sidecar);
          }
        }
        return Program.DONE;
      }
    }
  }

  private static void changed(
      ProxyRuntime runtime,
      Sidecar sidecar,
      StateFolder state,
      String address,
      String instance,
      SidecarPorts ports) {
    // Called by the threads of xDS and of the admin API: what is told last must be seen last.
    synchronized (sidecar) {
      List<ListenerView> listeners = runtime.engine().listeners();
      boolean live = runtime.life().live();
      sidecar.proxyReady(live && serves(listeners, address, ports.inbound()));
      if (live) {
        PortsFile.write(state, ports(instance, ports), listeners);
      }
    }
  }

  /**
   * Whether a listener takes connections at this address. Being live is not enough: the control
   * plane may have sent no inbound listener, or its port may be taken.
   */
  static boolean serves(List<ListenerView> listeners, String address, int port) {
    InetAddress wanted = InetAddress.ofLiteral(address);
    for (ListenerView view : listeners) {
      if (!view.draining() && view.address().isPresent()) {
        InetSocketAddress bound = view.address().get();
        if (!bound.isUnresolved()
            && bound.getPort() == port
            && (bound.getAddress().isAnyLocalAddress() || bound.getAddress().equals(wanted))) {
          return true;
        }
      }
    }
    return false;
  }

  private static Map<String, Object> ports(String instance, SidecarPorts ports) {
    return Map.of(
        "instance", instance,
        "inbound", ports.inbound(),
        "outbound", ports.outbound(),
        "admin", ports.admin());
  }

  /** First the word that the instance is gone, then its port, and at last that of the way out. */
  private static void end(ProxyRuntime runtime, Sidecar sidecar) {
    LOG.info("Leaving");
    if (sidecar.leave()) {
      LockSupport.parkNanos(WORD_SPREADS.toNanos());
    }
    LOG.info("Draining");
    runtime.drainInboundFirst();
  }

  private int register(
      SidecarOptions options, ControlAccess access, String instance, StateFolder state)
      throws InterruptedException {
    ServerLife life = new ServerLife(Clock.systemUTC());
    try (ChannelSource channels = ChannelSource.netty(ClientLimits.DEFAULT);
        Sidecar sidecar =
            new Sidecar(options, instance, options.inboundPort(), access.over(channels), true)) {
      LOG.info(
          "Registering {} of {} at {}:{}",
          instance,
          options.service(),
          options.address(),
          options.inboundPort());
      PortsFile.write(
          state, Map.of("instance", instance, "inbound", options.inboundPort()), List.of());
      sidecar.start();
      ending.await(life);
      long begun = System.nanoTime();
      boolean noted = sidecar.leave();
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
      LOG.info("{} after {} ms", noted ? "Deregistered" : "Left without an answer", millis);
    }
    return Program.DONE;
  }
}
