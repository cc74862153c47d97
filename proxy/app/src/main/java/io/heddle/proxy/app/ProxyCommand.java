package io.heddle.proxy.app;

import com.google.protobuf.ByteString;
import io.heddle.proxy.app.upgrade.UpgradeException;
import io.heddle.proxy.app.upgrade.UpgradeSocket;
import io.heddle.proxy.engine.DrainPlan;
import io.heddle.proxy.engine.Transport;
import io.heddle.proxy.engine.loop.Sockets;
import io.heddle.proxy.engine.overload.ConnectionLimits;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ConfigWarning;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.NodeConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.TextProto;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code heddle proxy}: a proxy from an Envoy bootstrap, with Envoy's flags. */
final class ProxyCommand {
  private static final Logger LOG = LoggerFactory.getLogger(ProxyCommand.class);
  private static final long MAX_BOOTSTRAP = 64L << 20;

  /** Envoy's options that have no meaning here; told once. */
  private static final List<String> WITHOUT_EFFECT = List.of("--local-address-ip-version");

  private final PrintStream out;
  private final PrintStream err;
  private final Program.Ending ending;

  ProxyCommand(PrintStream out, PrintStream err, Program.Ending ending) {
    this.out = out;
    this.err = err;
    this.ending = ending;
  }

  private static Arguments.Declaration declare() {
    return new Arguments.Declaration("proxy", "Runs a proxy from an Envoy v3 bootstrap.")
        .option(
            "FILE", "Bootstrap: YAML, JSON, or of protobuf (.pb_text, .pb).", "-c", "--config-path")
        .option("TEXT", "Bootstrap as text, in place of a file.", "--config-yaml")
        .option("MODE", "serve (default), or validate: check and end.", "--mode")
        .option("N", "Threads that serve traffic. Default: one a processor.", "--concurrency")
        .option("NAME", "Sockets by auto (default), epoll, io_uring or nio.", "--transport")
        .option("ID", "Node id, in place of the bootstrap's.", "--service-node")
        .option("NAME", "Node cluster, in place of the bootstrap's.", "--service-cluster")
        .option("ZONE", "Zone of the node, in place of the bootstrap's.", "--service-zone")
        .option(
            "LEVEL",
            "trace, debug, info (default), warning, error, critical, off.",
            "-l",
            "--log-level")
        .option(
            "SECONDS",
            "How long connections drain: 600 after a change, 5 at the end.",
            "--drain-time-s")
        .option("NAME", "gradual (default) or immediate.", "--drain-strategy")
        .option(
            "SECONDS",
            "How much longer TCP and upgraded connections live. Default: the drain time.",
            "--tunnel-grace-s")
        .option(
            "SECONDS",
            "When the process before an upgrade ends at the latest. Default: 900.",
            "--parent-shutdown-time-s")
        .option("FILE", "Where to write the admin API's address.", "--admin-address-path")
        .flag("Ignore bootstrap fields that are not known.", "--allow-unknown-static-fields")
        .flag("Refuse dynamic resources with unknown fields.", "--reject-unknown-dynamic-fields")
        .option("DIR", "Folder of jars with filters.", "--plugins")
        .option("DIR", "Folder for the last good configuration.", "--state")
        .option("ID", "Told apart from other proxies of this machine. Default: 0.", "--base-id")
        .option(
            "N", "From 1 on: replace the process that runs with this base id.", "--restart-epoch")
        .flag("Replace the process that runs with this base id, if one does.", "--upgrade")
        .option("PATH", "Where the two meet, before _ID.sock.", "--socket-path")
        .flag("Neither replace nor be replaced.", "--disable-hot-restart")
        .option("VERSION", "v4 or v6: accepted, without effect.", "--local-address-ip-version")
        .option(
            "MILLIS",
            "How long lines of access logs lie in memory. Default: 1000.",
            "--file-flush-interval-msec");
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
    given.choice("--local-address-ip-version", "v4", "v4", "v6");
    boolean validate = given.choice("--mode", "serve", "serve", "validate").equals("validate");
    ProxySettings settings =
        new ProxySettings(
            given.number("--concurrency", Runtime.getRuntime().availableProcessors(), 1, 256),
            transport(given),
            Duration.ofSeconds(given.number("--drain-time-s", 5, 0, 3600)),
            given.path("--admin-address-path"),
            given.path("--state"),
            given.path("--plugins"),
            given.has("--reject-unknown-dynamic-fields"),
            life(given));
    if (given.has("--config-path") == given.has("--config-yaml")) {
      given.problem("give either -c FILE or --config-yaml TEXT");
    }
    given.check();
    warnOfNoEffect(given);

    String source = given.has("--config-path") ? given.text("--config-path", "") : "--config-yaml";
    BootstrapText read;
    try {
      read = read(given);
    } catch (IOException e) {
      return Program.fail(err, "proxy", List.of("cannot read " + source + ": " + e.getMessage()));
    }
    ParseOptions options =
        given.has("--allow-unknown-static-fields") ? ParseOptions.LENIENT : ParseOptions.STRICT;
    return switch (read.parse(options)) {
      case Parsed.Refused<BootstrapConfig> refused ->
          Program.fail(err, "proxy", lines(source, refused.errors()));
      case Parsed.Ok<BootstrapConfig> good -> {
        for (ConfigWarning warning : good.warnings()) {
          LOG.warn("{}", warning);
        }
        BootstrapConfig config = withNode(good.value(), given);
        Boot boot = new Boot(config, () -> read.json(options));
        yield validate ? validate(boot, settings, source) : serve(boot, settings);
      }
    };
  }

  private static LifeSettings life(Arguments given) {
    int drain = given.number("--drain-time-s", LifeSettings.ENVOY_DRAIN_SECONDS, 0, 86_400);
    int shutdown =
        given.number("--parent-shutdown-time-s", LifeSettings.ENVOY_SHUTDOWN_SECONDS, 0, 86_400);
    if (given.has("--parent-shutdown-time-s") && given.has("--drain-time-s") && shutdown < drain) {
      given.problem(
          "--parent-shutdown-time-s: found "
              + shutdown
              + ", expected --drain-time-s, which is "
              + drain
              + ", or more");
    }
    return new LifeSettings(
        Duration.ofSeconds(drain),
        given.choice("--drain-strategy", "gradual", "gradual", "immediate").equals("immediate")
            ? DrainPlan.Strategy.IMMEDIATE
            : DrainPlan.Strategy.GRADUAL,
        Duration.ofSeconds(given.number("--tunnel-grace-s", drain, 0, 86_400)),
        Duration.ofSeconds(Math.max(shutdown, drain)),
        upgrade(given),
        ConnectionLimits.NONE,
        Duration.ofMillis(
            given.number(
                "--file-flush-interval-msec",
                (int) LifeSettings.LOG_FLUSH.toMillis(),
                1,
                600_000)));
  }

  /** Which processes this one knows: Envoy's base id and restart epoch, and our own word for it. */
  private static UpgradeSettings upgrade(Arguments given) {
    int base = given.number("--base-id", 0, 0, Integer.MAX_VALUE);
    int epoch = given.number("--restart-epoch", 0, 0, Integer.MAX_VALUE);
    boolean replaces = epoch > 0 || given.has("--upgrade");
    if (given.has("--disable-hot-restart")) {
      if (replaces) {
        given.problem("--disable-hot-restart: found with --restart-epoch or --upgrade");
      }
      return UpgradeSettings.ALONE;
    }
    if (given.has("--mode") && given.text("--mode", "").equals("validate")) {
      return UpgradeSettings.ALONE;
    }
    boolean epoll =
        List.of("auto", "epoll").contains(given.text("--transport", "auto"))
            && Sockets.epollAvailable();
    if (!epoll) {
      if (replaces) {
        given.problem("--upgrade and --restart-epoch: expected the transport epoll");
      }
      return UpgradeSettings.ALONE;
    }
    UpgradeSettings.Role role =
        epoch > 0
            ? UpgradeSettings.Role.REPLACES
            : given.has("--upgrade")
                ? UpgradeSettings.Role.REPLACES_IF_RUNNING
                : given.has("--base-id")
                    ? UpgradeSettings.Role.FIRST
                    : UpgradeSettings.Role.FIRST_IF_FREE;
    try {
      UpgradeSocket socket;
      if (given.has("--socket-path")) {
        Path prefix = Path.of(given.text("--socket-path", "")).toAbsolutePath();
        Path folder = prefix.getParent();
        Path name = prefix.getFileName();
        if (given.text("--socket-path", "").startsWith("@") || folder == null || name == null) {
          given.problem(
              "--socket-path: found "
                  + given.text("--socket-path", "")
                  + ", expected the path of a file in a folder that is yours alone");
          return UpgradeSettings.ALONE;
        }
        socket = UpgradeSocket.in(folder, name + "_" + base + ".sock");
      } else {
        socket = UpgradeSocket.in(UpgradeSocket.defaultFolder(), base + ".sock");
      }
      return new UpgradeSettings(role, Optional.of(socket));
    } catch (UpgradeException e) {
      if (role == UpgradeSettings.Role.FIRST_IF_FREE && !given.has("--socket-path")) {
        LOG.warn("No in-place upgrade of this process: {}", e.getMessage());
      } else {
        given.problem("--socket-path: " + e.getMessage());
      }
      return UpgradeSettings.ALONE;
    }
  }

  private static Transport transport(Arguments given) {
    return switch (given.choice("--transport", "auto", "auto", "epoll", "io_uring", "nio")) {
      case "epoll" -> Transport.EPOLL;
      case "io_uring" -> Transport.IO_URING;
      case "nio" -> Transport.NIO;
      default -> Transport.AUTO;
    };
  }

  private int validate(Boot boot, ProxySettings settings, String source) {
    List<String> errors = ProxyRuntime.validate(boot, settings);
    if (!errors.isEmpty()) {
      return Program.fail(err, "proxy", errors);
    }
    out.println("configuration '" + source + "' OK");
    return Program.DONE;
  }

  private int serve(Boot boot, ProxySettings settings) throws InterruptedException {
    switch (ProxyRuntime.start(boot, settings)) {
      case Launch.Failed failed -> {
        return Program.fail(err, "proxy", failed.errors());
      }
      case Launch.Running running -> {
        try (ProxyRuntime runtime = running.runtime()) {
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

  private static void warnOfNoEffect(Arguments given) {
    List<String> found = new ArrayList<>();
    for (String option : WITHOUT_EFFECT) {
      if (given.has(option)) {
        found.add(option);
      }
    }
    if (!found.isEmpty()) {
      LOG.warn("Accepted and without effect: {}", String.join(" ", found));
    }
  }

  private static BootstrapText read(Arguments given) throws IOException {
    if (given.has("--config-yaml")) {
      return new BootstrapText.Document(given.text("--config-yaml", ""));
    }
    Path file = Path.of(given.text("--config-path", ""));
    if (!Files.isReadable(file)) {
      throw new IOException(Files.exists(file) ? "no permission" : "no such file");
    }
    if (Files.size(file) > MAX_BOOTSTRAP) {
      throw new IOException("more than " + MAX_BOOTSTRAP + " bytes");
    }
    String name = file.toString();
    if (name.endsWith(".pb")) {
      return new BootstrapText.Binary(ByteString.copyFrom(Files.readAllBytes(file)));
    }
    if (name.endsWith(".pb_length_delimited")) {
      throw new IOException("length-delimited messages (expected: .yaml, .json, .pb_text or .pb)");
    }
    String text = Files.readString(file, StandardCharsets.UTF_8);
    return name.endsWith(TextProto.SUFFIX)
        ? new BootstrapText.TextFormat(text)
        : new BootstrapText.Document(text);
  }

  private static List<String> lines(String source, List<ConfigError> errors) {
    List<String> lines = new ArrayList<>();
    for (ConfigError error : errors) {
      lines.add(source + ": " + error.message());
    }
    return lines;
  }

  private static BootstrapConfig withNode(BootstrapConfig config, Arguments given) {
    NodeConfig node = config.node();
    EndpointsConfig.Locality at = node.locality();
    EndpointsConfig.Locality locality =
        new EndpointsConfig.Locality(
            at.region(), given.text("--service-zone", at.zone()), at.subZone());
    return config.withNode(
        new NodeConfig(
            given.text("--service-node", node.id()),
            given.text("--service-cluster", node.cluster()),
            locality,
            node.metadata()));
  }
}
