package io.heddle.control.core.translate;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a node's metadata says that it is. The keys are the constants of this type; all values are
 * strings.
 */
public sealed interface NodeFacts {
  /** {@code sidecar} or {@code gateway}. */
  String KIND = "HEDDLE_KIND";

  /** The namespace of the service or gateway; {@code default} where it is left out. */
  String NAMESPACE = "HEDDLE_NAMESPACE";

  /** A sidecar's service. */
  String SERVICE = "HEDDLE_SERVICE";

  /** The Gateway that a gateway proxy serves. */
  String GATEWAY = "HEDDLE_GATEWAY";

  /** The identity of the instance beside the sidecar. */
  String INSTANCE = "HEDDLE_INSTANCE";

  /** Where a sidecar takes requests for its application, {@code address:port}. */
  String INBOUND = "HEDDLE_INBOUND";

  /** Where a sidecar takes requests of its application, {@code address:port}. */
  String OUTBOUND = "HEDDLE_OUTBOUND";

  /** Where the application listens, {@code address:port}. */
  String APP = "HEDDLE_APP";

  /** The address that a gateway binds; loopback where it is left out. */
  String BIND = "HEDDLE_BIND";

  /** The proxy beside one instance of a service. */
  record Sidecar(
      String namespace,
      String service,
      String instance,
      HostPort inbound,
      HostPort outbound,
      HostPort app)
      implements NodeFacts {}

  /** A proxy that serves a Gateway. */
  record GatewayProxy(String namespace, String gateway, String bind) implements NodeFacts {}

  /**
   * Metadata that cannot be used.
   *
   * @param problem names the key, the offending and the expected value
   */
  record Unusable(String problem) implements NodeFacts {}

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
        default -> throw Fields.refused(KIND, kind, "sidecar or gateway");
      };
    } catch (IllegalArgumentException e) {
      return new Unusable(String.valueOf(e.getMessage()));
    }
  }

  /** {@code sidecar}, {@code gateway} or {@code unknown}. */
  default String kind() {
    return switch (this) {
      case Sidecar _ -> "sidecar";
      case GatewayProxy _ -> "gateway";
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
