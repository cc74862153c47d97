package io.heddle.proxy.app;

import io.heddle.proxy.app.admin.YamlJson;
import io.heddle.proxy.engine.Transport;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ConfigWarning;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.NodeConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code heddle proxy}: a proxy from an Envoy bootstrap, with Envoy's flags. */
final class ProxyCommand {
  private static final Logger LOG = LoggerFactory.getLogger(ProxyCommand.class);
  private static final long MAX_BOOTSTRAP = 64L << 20;

  /** Envoy's options that have no meaning here; told once. */
  private static final List<String> WITHOUT_EFFECT =
      List.of(
          "--base-id",
          "--disable-hot-restart",
          "--parent-shutdown-time-s",
          "--drain-strategy",
          "--local-address-ip-version",
          "--file-flush-interval-msec");

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
        .option("FILE", "Bootstrap, YAML or JSON.", "-c", "--config-path")
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
            "SECONDS", "How long a shutdown waits for connections. Default: 5.", "--drain-time-s")
        .option("FILE", "Where to write the admin API's address.", "--admin-address-path")
        .flag("Ignore bootstrap fields that are not known.", "--allow-unknown-static-fields")
        .flag("Refuse dynamic resources with unknown fields.", "--reject-unknown-dynamic-fields")
        .option("DIR", "Folder of jars with filters.", "--plugins")
        .option("DIR", "Folder for the last good configuration.", "--state")
        .option("ID", "Accepted, without effect.", "--base-id")
        .flag("Accepted, without effect.", "--disable-hot-restart")
        .option("SECONDS", "Accepted, without effect.", "--parent-shutdown-time-s")
        .option("NAME", "Accepted, without effect.", "--drain-strategy")
        .option("VERSION", "Accepted, without effect.", "--local-address-ip-version")
        .option("MILLIS", "Accepted, without effect.", "--file-flush-interval-msec");
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
    boolean validate = given.choice("--mode", "serve", "serve", "validate").equals("validate");
    ProxySettings settings =
        new ProxySettings(
            given.number("--concurrency", Runtime.getRuntime().availableProcessors(), 1, 256),
            transport(given),
            Duration.ofSeconds(given.number("--drain-time-s", 5, 0, 3600)),
            given.path("--admin-address-path"),
            given.path("--state"),
            given.path("--plugins"),
            given.has("--reject-unknown-dynamic-fields"));
    if (given.has("--config-path") == given.has("--config-yaml")) {
      given.problem("give either -c FILE or --config-yaml TEXT");
    }
    given.check();
    warnOfNoEffect(given);

    String source = given.has("--config-path") ? given.text("--config-path", "") : "--config-yaml";
    String text;
    try {
      text = read(given);
    } catch (IOException e) {
      return Program.fail(err, "proxy", List.of("cannot read " + source + ": " + e.getMessage()));
    }
    ParseOptions options =
        given.has("--allow-unknown-static-fields") ? ParseOptions.LENIENT : ParseOptions.STRICT;
    return switch (new BootstrapParser(options).parse(text)) {
      case Parsed.Refused<BootstrapConfig> refused ->
          Program.fail(err, "proxy", lines(source, refused.errors()));
      case Parsed.Ok<BootstrapConfig> good -> {
        for (ConfigWarning warning : good.warnings()) {
          LOG.warn("{}", warning);
        }
        BootstrapConfig config = withNode(good.value(), given);
        Boot boot = new Boot(config, () -> YamlJson.of(text));
        yield validate ? validate(boot, settings, source) : serve(boot, settings);
      }
    };
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
          LOG.info("Draining");
          runtime.drain();
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

  private static String read(Arguments given) throws IOException {
    if (given.has("--config-yaml")) {
      return given.text("--config-yaml", "");
    }
    Path file = Path.of(given.text("--config-path", ""));
    if (!Files.isReadable(file)) {
      throw new IOException(Files.exists(file) ? "no permission" : "no such file");
    }
    if (Files.size(file) > MAX_BOOTSTRAP) {
      throw new IOException("more than " + MAX_BOOTSTRAP + " bytes");
    }
    return Files.readString(file, StandardCharsets.UTF_8);
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
