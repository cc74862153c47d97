package io.heddle.control.core.translate;

import io.heddle.control.api.resource.Locality;
import io.heddle.xds.server.NodeInfo;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a node's metadata says that it is. The keys are the constants of this type; all values are
 * strings. Of the rest of a node only the place of a gRPC application counts.
 */
public sealed interface NodeFacts {
  /** {@code sidecar}, {@code gateway} or {@code grpc}. */
  String KIND = "HEDDLE_KIND";

  /** The namespace of the service or gateway; {@code default} where it is left out. */
  String NAMESPACE = "HEDDLE_NAMESPACE";

  /** The service of a sidecar, or of a gRPC application. */
  String SERVICE = "HEDDLE_SERVICE";

  /** The Gateway that a gateway proxy serves. */
  String GATEWAY = "HEDDLE_GATEWAY";

  /** The identity of the instance: beside the sidecar, or the gRPC application itself. */
  String INSTANCE = "HEDDLE_INSTANCE";

  /**
   * Where a sidecar takes requests for its application, or a gRPC application its calls, {@code
   * address:port}.
   */
  String INBOUND = "HEDDLE_INBOUND";

  /** Where a sidecar takes requests of its application, {@code address:port}. */
  String OUTBOUND = "HEDDLE_OUTBOUND";

  /** Where the application listens, {@code address:port}. */
  String APP = "HEDDLE_APP";

  /** The address that a gateway binds; loopback where it is left out. */
  String BIND = "HEDDLE_BIND";

  /**
   * Which certificates the bootstrap of a gRPC application names: {@code none} where it is left
   * out, {@code ca}, {@code server}, {@code mutual}.
   */
  String TLS = "HEDDLE_TLS";

  /** The proxy beside one instance of a service. */
  record Sidecar(
      String namespace,
      String service,
      String instance,
      HostPort inbound,
      HostPort outbound,
      HostPort app,
      Build build)
      implements NodeFacts {
    /** One of Heddle's own. */
    public Sidecar(
        String namespace,
        String service,
        String instance,
        HostPort inbound,
        HostPort outbound,
        HostPort app) {
      this(namespace, service, instance, inbound, outbound, app, Build.HEDDLE);
    }
  }

  /** A proxy that serves a Gateway. */
  record GatewayProxy(String namespace, String gateway, String bind, Build build)
      implements NodeFacts {
    /** One of Heddle's own. */
    public GatewayProxy(String namespace, String gateway, String bind) {
      this(namespace, gateway, bind, Build.HEDDLE);
    }
  }

  /** Whose program a proxy is: an Envoy is told of more, until Heddle's own proxies can it too. */
  enum Build {
    HEDDLE,
    ENVOY
  }

  /**
   * An application that speaks xDS itself, by the library of gRPC.
   *
   * @param server where it takes calls; empty for one that only makes them
   * @param locality where it runs, as its node says
   */
  record Grpc(
      String namespace,
      String service,
      String instance,
      Optional<HostPort> server,
      Certificates certificates,
      Locality locality)
      implements NodeFacts {}

  /** What of TLS a gRPC application has in files. */
  enum Certificates {
    NONE("none"),
    /** Authorities alone: it can call over TLS. */
    CA("ca"),
    /** A certificate too, and takes calls over TLS of whoever believes it. */
    SERVER("server"),
    /** The same, and wants a certificate of its callers. */
    MUTUAL("mutual");

    private final String word;

    Certificates(String word) {
      this.word = word;
    }

    /** Whether there is a certificate to show. */
    boolean own() {
      return this == SERVER || this == MUTUAL;
    }
  }

  /**
   * Metadata that cannot be used.
   *
   * @param problem names the key, the offending and the expected value
   */
  record Unusable(String problem) implements NodeFacts {}

  /** Reads a node; never throws. */
  static NodeFacts of(NodeInfo node) {
    NodeFacts facts = parse(node.metadata());
    NodeInfo.Locality at = node.locality();
    String agent = node.userAgent();
    Build build = agent.equals("envoy") || agent.startsWith("envoy/") ? Build.ENVOY : Build.HEDDLE;
    return switch (facts) {
      case Grpc grpc ->
          new Grpc(
              grpc.namespace(),
              grpc.service(),
              grpc.instance(),
              grpc.server(),
              grpc.certificates(),
              new Locality(at.region(), at.zone(), at.subZone()));
      case Sidecar one ->
          new Sidecar(
              one.namespace(),
              one.service(),
              one.instance(),
              one.inbound(),
              one.outbound(),
              one.app(),
              build);
      case GatewayProxy gateway ->
          new GatewayProxy(gateway.namespace(), gateway.gateway(), gateway.bind(), build);
      case Unusable _ -> facts;
    };
  }

  /** Reads metadata; never throws. */
  static NodeFacts parse(Map<String, String> metadata) {
    try {
      String kind = metadata.getOrDefault(KIND, "");
      return switch (kind) {
        case "sidecar" ->
            new Sidecar(
                Fields.namespace(metadata),
                Fields.label(metadata, SERVICE),
                Fields.text(metadata, INSTANCE),
                Fields.hostPort(metadata, INBOUND),
                Fields.hostPort(metadata, OUTBOUND),
                Fields.hostPort(metadata, APP));
        case "gateway" ->
            new GatewayProxy(
                Fields.namespace(metadata),
                Fields.label(metadata, GATEWAY),
                Fields.address(metadata, BIND, "127.0.0.1"));
        case "grpc" ->
            new Grpc(
                Fields.namespace(metadata),
                Fields.label(metadata, SERVICE),
                Fields.text(metadata, INSTANCE),
                metadata.getOrDefault(INBOUND, "").isEmpty()
                    ? Optional.empty()
                    : Optional.of(Fields.hostPort(metadata, INBOUND)),
                Fields.certificates(metadata),
                Locality.UNKNOWN);
        default -> throw Fields.refused(KIND, kind, "sidecar, gateway or grpc");
      };
    } catch (IllegalArgumentException e) {
      return new Unusable(String.valueOf(e.getMessage()));
    }
  }

  /** {@code sidecar}, {@code gateway}, {@code grpc} or {@code unknown}. */
  default String kind() {
    return switch (this) {
      case Sidecar _ -> "sidecar";
      case GatewayProxy _ -> "gateway";
      case Grpc _ -> "grpc";
      case Unusable _ -> "unknown";
    };
  }

  /** Reads single keys. */
  final class Fields {
    private static final Pattern DNS_LABEL =
        Pattern.compile("[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern DNS_NAME =
        Pattern.compile("[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?");
    private static final Pattern PRINTABLE = Pattern.compile("[\\x21-\\x7e]{1,253}");

    private Fields() {}

    static String namespace(Map<String, String> metadata) {
      String value = metadata.getOrDefault(NAMESPACE, "default");
      return check(NAMESPACE, value, DNS_LABEL, "a DNS label");
    }

    static String label(Map<String, String> metadata, String key) {
      return check(key, metadata.getOrDefault(key, ""), DNS_NAME, "a DNS name");
    }

    static String text(Map<String, String> metadata, String key) {
      return check(key, metadata.getOrDefault(key, ""), PRINTABLE, "1 to 253 printable characters");
    }

    static Certificates certificates(Map<String, String> metadata) {
      String value = metadata.getOrDefault(TLS, Certificates.NONE.word);
      for (Certificates one : Certificates.values()) {
        if (one.word.equals(value)) {
          return one;
        }
      }
      throw refused(TLS, value, "none, ca, server or mutual");
    }

    static String address(Map<String, String> metadata, String key, String otherwise) {
      String value = metadata.getOrDefault(key, otherwise);
      if (!HostPort.isIpLiteral(value)) {
        throw refused(key, value, "an IP address");
      }
      return value;
    }

    static HostPort hostPort(Map<String, String> metadata, String key) {
      try {
        return HostPort.parse(metadata.getOrDefault(key, ""));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("node.metadata." + key + ": " + e.getMessage(), e);
      }
    }

    private static String check(String key, String value, Pattern pattern, String expected) {
      if (!pattern.matcher(value).matches()) {
        throw refused(key, value, expected);
      }
      return value;
    }

    static IllegalArgumentException refused(String key, String value, String expected) {
      String found = value.isEmpty() ? "absent" : "\"" + HostPort.shortened(value) + "\"";
      return new IllegalArgumentException(
          "node.metadata." + key + ": " + found + " (expected: " + expected + ")");
    }
  }
}
