package io.heddle.control.app;

import io.heddle.contract.registration.v1.Announce;
import io.heddle.contract.registration.v1.Endpoint;
import io.heddle.contract.registration.v1.Health.State;
import io.heddle.contract.registration.v1.Protocol;
import io.heddle.control.api.registry.Announcement;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.core.translate.HostPort;
import java.util.regex.Pattern;

/**
 * Reads announcements of the wire contract. What is refused names field, offending and expected
 * value in an {@link IllegalArgumentException}.
 */
final class AnnouncementReader {
  private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern IDENTITY = Pattern.compile("[\\x21-\\x7e]{1,253}");
  private static final Pattern PRINTABLE = Pattern.compile("[\\x20-\\x7e]{0,1024}");
  private static final int CREDENTIAL_BYTES = 4_096;
  private static final int CAPABILITIES = 32;

  private AnnouncementReader() {}

  static Announcement read(Announce announce) {
    String namespace = announce.getNamespace().isEmpty() ? "default" : announce.getNamespace();
    check("namespace", namespace, DNS_LABEL, "a DNS label");
    check("service", announce.getService(), DNS_LABEL, "a DNS label");
    check("instance", announce.getInstance(), IDENTITY, "1 to 253 printable characters");
    check("proxy_id", announce.getProxyId(), PRINTABLE, "at most 1024 printable characters");
    Endpoint inbound = announce.getInbound();
    if (!HostPort.isIpLiteral(inbound.getAddress())) {
      throw refused("inbound.address", inbound.getAddress(), "an IP address");
    }
    int port = port("inbound.port", inbound.getPort());
    int appPort = port("app_port", announce.getAppPort());
    if (announce.getCredential().size() > CREDENTIAL_BYTES) {
      throw refused("credential", announce.getCredential().size() + " bytes", "at most 4096");
    }
    if (announce.getCapabilitiesCount() > CAPABILITIES) {
      throw refused("capabilities", announce.getCapabilitiesCount() + "", "at most 32");
    }
    if (announce.getLabelsMap().containsKey(ServiceSpec.SERVICE_LABEL)) {
      throw refused(
          "labels", ServiceSpec.SERVICE_LABEL, "labels without it: it is set from service");
    }
    return new Announcement(
        new InstanceKey(namespace, announce.getService(), announce.getInstance()),
        inbound.getAddress(),
        port,
        appPort,
        protocol(announce.getProtocol()),
        announce.getLabelsMap(),
        Locality.UNKNOWN,
        1,
        health(announce.getHealth().getState()),
        announce.getProxyId());
  }

  /** What the contract's states mean; one that is not known is not taken for healthy. */
  static Health health(State state) {
    return switch (state) {
      case STATE_HEALTHY -> Health.HEALTHY;
      case STATE_UNHEALTHY -> Health.UNHEALTHY;
      case STATE_DRAINING -> Health.DRAINING;
      case STATE_UNSPECIFIED, UNRECOGNIZED -> Health.UNKNOWN;
    };
  }

  private static String protocol(Protocol protocol) {
    return switch (protocol) {
      case PROTOCOL_HTTP, PROTOCOL_UNSPECIFIED -> "http";
      case PROTOCOL_HTTP2, PROTOCOL_GRPC, PROTOCOL_TCP, UNRECOGNIZED ->
          throw refused("protocol", protocol.name(), "PROTOCOL_HTTP");
    };
  }

  private static int port(String field, int value) {
    if (value < 1 || value > 65_535) {
      throw refused(field, Integer.toUnsignedString(value), "1 to 65535");
    }
    return value;
  }

  private static void check(String field, String value, Pattern pattern, String expected) {
    if (!pattern.matcher(value).matches()) {
      throw refused(field, value, expected);
    }
  }

  private static IllegalArgumentException refused(String field, String value, String expected) {
    String cut = value.length() > 100 ? value.substring(0, 100) + "..." : value;
    return new IllegalArgumentException(
        "announce.%s: \"%s\" (expected: %s)"
            .formatted(field, cut.replaceAll("\\p{Cntrl}", "?"), expected));
  }
}
