package io.heddle.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.envoy.EnvoyBootstrap;
import io.heddle.cli.envoy.GrpcBootstrap;
import io.heddle.cli.envoy.HostPort;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.Terminal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Prints a bootstrap with which others join the mesh: a stock Envoy as the sidecar of a"
          + " service or as a gateway (--envoy), or a gRPC application without any proxy (--grpc)."
    },
    footer = {
      "",
      "node.id is sidecar~NS~INSTANCE, gateway~NS~NAME or grpc~NS~INSTANCE, node.cluster the",
      "service or gateway. Keys of node.metadata, all strings (see docs/bootstrap.md):",
      "  HEDDLE_KIND       sidecar, gateway or grpc",
      "  HEDDLE_NAMESPACE  the namespace",
      "  HEDDLE_SERVICE    sidecar: the service      HEDDLE_GATEWAY  gateway: its name",
      "  HEDDLE_INSTANCE   sidecar: the instance     HEDDLE_BIND  gateway: bind address",
      "  HEDDLE_INBOUND    sidecar: address:port for requests to the service",
      "  HEDDLE_OUTBOUND   sidecar: address:port for requests of the service",
      "  HEDDLE_APP        sidecar: address:port of the service itself",
      "  HEDDLE_TLS        grpc: ca, server or mutual",
      "",
      "Examples:",
      "  heddle bootstrap --envoy --service orders --port 9000 --inbound-port 15006 \\",
      "      --outbound-port 15001 --control 127.0.0.1:7071 > orders.yaml",
      "  heddle bootstrap --envoy --gateway demo --control 127.0.0.1:7071",
      "  heddle bootstrap --grpc --service orders --listen 0.0.0.0:9000 \\",
      "      --control 127.0.0.1:7071 > orders.json",
      "  GRPC_XDS_BOOTSTRAP=orders.json ./orders   # which calls xds:///stock",
      "A sidecar of Envoy's, and a server of gRPC's, also needs: heddle sidecar --register-only"
          + " ...",
      "Exit codes: 0 printed, 64 wrong usage."
    })
final class BootstrapCommand implements Callable<Integer> {
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  private static final Pattern INSTANCE =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?");

  private final Terminal terminal;

  @Option(names = "--envoy", description = "For Envoy")
  private boolean envoy;

  @Option(names = "--grpc", description = "For a gRPC application without a proxy")
  private boolean grpc;

  @Mixin private ControlAccessOptions control = new ControlAccessOptions();

  @Mixin private GrpcOptions application = new GrpcOptions();

  @Option(names = "--service", paramLabel = "NAME", description = "Sidecar of this service")
  private String service = "";

  @Option(names = "--gateway", paramLabel = "NAME", description = "Gateway of this name")
  private String gateway = "";

  @Option(
      names = "--control",
      required = true,
      paramLabel = "HOST:PORT",
      description = "The control plane's xDS address")
  private String controlAddress = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Default: default")
  private String namespace = "default";

  @Option(
      names = "--instance",
      paramLabel = "ID",
      description = "As registered; default: SERVICE-PORT")
  private String instance = "";

  @Option(names = "--port", paramLabel = "APP", description = "Port of the service itself")
  private int port;

  @Option(
      names = "--address",
      paramLabel = "IP",
      description = "Where the sidecar listens for other proxies; default: 127.0.0.1")
  private String address = "127.0.0.1";

  @Option(names = "--inbound-port", paramLabel = "N", description = "Default: 15006")
  private int inbound = 15_006;

  @Option(names = "--outbound-port", paramLabel = "N", description = "Default: 15001")
  private int outbound = 15_001;

  @Option(
      names = "--bind",
      paramLabel = "IP",
      description = "Where the gateway listens; default: 127.0.0.1")
  private String bind = "127.0.0.1";

  @Option(
      names = "--admin-port",
      paramLabel = "N",
      description = "Envoy's admin, on loopback; 0 takes a free one; default: 15000")
  private int admin = 15_000;

  BootstrapCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (envoy == grpc) {
      throw UsageFailure.of("give either --envoy or --grpc");
    }
    if (envoy && application.given()) {
      throw UsageFailure.of(
          "--listen, --locality, --certificate, --key, --ca and --any-client go with --grpc");
    }
    if (grpc && service.isEmpty()) {
      throw UsageFailure.of("--grpc: give --service NAME");
    }
    if (service.isEmpty() == gateway.isEmpty()) {
      throw UsageFailure.of("give either --service NAME or --gateway NAME");
    }
    checked("--namespace", namespace, NAME);
    if (grpc) {
      Documents.printJson(terminal.out(), application());
      return ExitCode.OK;
    }
    EnvoyBootstrap bootstrap = service.isEmpty() ? gateway() : sidecar();
    terminal.out().print(bootstrap.yaml());
    return ExitCode.OK;
  }

  private ObjectNode application() {
    checked("--service", service, NAME);
    String id = instance.isEmpty() ? service : checked("--instance", instance, INSTANCE);
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("HEDDLE_KIND", "grpc");
    metadata.put("HEDDLE_NAMESPACE", namespace);
    metadata.put("HEDDLE_SERVICE", service);
    metadata.put("HEDDLE_INSTANCE", id);
    application.describe(metadata);
    return new GrpcBootstrap(
            "grpc~" + namespace + "~" + id,
            service,
            metadata,
            xds(),
            control.access(true),
            application.locality(),
            application.files())
        .json();
  }

  private EnvoyBootstrap sidecar() {
    checked("--service", service, NAME);
    if (port < 1) {
      throw UsageFailure.of("--port: " + port + " (expected: the service's port, 1 to 65535)");
    }
    String id =
        instance.isEmpty() ? service + "-" + port : checked("--instance", instance, INSTANCE);
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("HEDDLE_KIND", "sidecar");
    metadata.put("HEDDLE_NAMESPACE", namespace);
    metadata.put("HEDDLE_SERVICE", service);
    metadata.put("HEDDLE_INSTANCE", id);
    metadata.put("HEDDLE_INBOUND", place("--inbound-port", address, inbound).toString());
    metadata.put("HEDDLE_OUTBOUND", place("--outbound-port", "127.0.0.1", outbound).toString());
    metadata.put("HEDDLE_APP", place("--port", "127.0.0.1", port).toString());
    return bootstrap("sidecar~" + namespace + "~" + id, service, metadata);
  }

  private EnvoyBootstrap gateway() {
    checked("--gateway", gateway, NAME);
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("HEDDLE_KIND", "gateway");
    metadata.put("HEDDLE_NAMESPACE", namespace);
    metadata.put("HEDDLE_GATEWAY", gateway);
    metadata.put("HEDDLE_BIND", new HostPortText("--bind", bind).checked());
    return bootstrap("gateway~" + namespace + "~" + gateway, gateway, metadata);
  }

  private EnvoyBootstrap bootstrap(String id, String cluster, Map<String, String> metadata) {
    return new EnvoyBootstrap(
        id,
        cluster,
        metadata,
        xds(),
        place("--admin-port", "127.0.0.1", admin),
        control.access(false));
  }

  private HostPort xds() {
    try {
      return HostPort.parse(controlAddress);
    } catch (IllegalArgumentException e) {
      throw UsageFailure.of("--control: " + e.getMessage(), e);
    }
  }

  private static HostPort place(String option, String host, int port) {
    try {
      return new HostPort(host, port);
    } catch (IllegalArgumentException e) {
      throw UsageFailure.of(option + ": " + e.getMessage(), e);
    }
  }

  private record HostPortText(String option, String host) {
    String checked() {
      return place(option, host, 0).host();
    }
  }

  private static String checked(String option, String value, Pattern pattern) {
    if (!pattern.matcher(value).matches()) {
      throw UsageFailure.of(option + ": " + value + " (expected: letters, digits and dashes)");
    }
    return value;
  }
}
