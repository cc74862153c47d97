package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.heddle.xds.model.HostTransport;
import io.heddle.xds.model.HostTransport.Tlv;
import io.heddle.xds.model.HostTransports;
import io.heddle.xds.model.HostTransports.RequestNames;
import io.heddle.xds.model.StructValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads what carries the bytes of connections to hosts. */
final class HostTransportReader {
  private static final String UPSTREAM_TLS =
      "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
  private static final String PROXY_PROTOCOL =
      "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport";

  private final Findings findings;

  HostTransportReader(Findings findings) {
    this.findings = findings;
  }

  HostTransports read(Cluster cluster, RequestNames names, Path path) {
    List<HostTransports.Match> matches = new ArrayList<>();
    Set<String> known = new HashSet<>();
    for (int i = 0; i < cluster.getTransportSocketMatchesCount(); i++) {
      Cluster.TransportSocketMatch match = cluster.getTransportSocketMatches(i);
      Path here = path.at("transport_socket_matches", i);
      findings.required(match.getName(), here.field("name"));
      if (!known.add(match.getName())) {
        findings.error(here.field("name"), match.getName(), "a name used once");
      }
      matches.add(
          new HostTransports.Match(
              match.getName(),
              StructValue.of(match.getMatch()),
              transport(match.hasTransportSocket(), match.getTransportSocket(), here)));
    }
    return new HostTransports(
        transport(cluster.hasTransportSocket(), cluster.getTransportSocket(), path),
        matches,
        names);
  }

  /** Its field is {@code transport_socket} of {@code path}. */
  private HostTransport transport(boolean set, TransportSocket socket, Path path) {
    if (!set) {
      return HostTransport.Raw.RAW;
    }
    Any any = socket.getTypedConfig();
    Path here = path.field("transport_socket").field("typed_config");
    switch (ExtensionReader.typeName(any)) {
      case TransportSocketReader.RAW_BUFFER ->
          findings.unpack(any, TransportSocketReader.RAW_BUFFER, RawBuffer.parser(), here);
      case UPSTREAM_TLS -> {
        return findings
            .unpack(any, UPSTREAM_TLS, UpstreamTlsContext.parser(), here)
            .<HostTransport>map(
                tls -> new HostTransport.Tls(new TlsReader(findings).upstream(tls, here)))
            .orElse(HostTransport.Raw.RAW);
      }
      case PROXY_PROTOCOL -> {
        return findings
            .unpack(any, PROXY_PROTOCOL, ProxyProtocolUpstreamTransport.parser(), here)
            .<HostTransport>map(header -> proxyHeader(header, here))
            .orElse(HostTransport.Raw.RAW);
      }
      default ->
          TransportSocketReader.unknown(
              any,
              here,
              TransportSocketReader.RAW_BUFFER + ", " + UPSTREAM_TLS + " or " + PROXY_PROTOCOL,
              findings);
    }
    return HostTransport.Raw.RAW;
  }

  private HostTransport proxyHeader(ProxyProtocolUpstreamTransport header, Path path) {
    Path config = path.field("config");
    int version =
        switch (header.getConfig().getVersion()) {
          case V1 -> 1;
          case V2 -> 2;
          case UNRECOGNIZED -> {
            findings.error(
                config.field("version"),
                Integer.toString(header.getConfig().getVersionValue()),
                "V1 or V2");
            yield 1;
          }
        };
    if (!header.hasTransportSocket()) {
      findings.error(path.field("transport_socket"), "nothing", "what follows the header");
    }
    HostTransport inner = transport(header.hasTransportSocket(), header.getTransportSocket(), path);
    if (inner instanceof HostTransport.ProxyHeader) {
      findings.error(path.field("transport_socket"), "another PROXY header", "a raw socket or TLS");
    }
    return new HostTransport.ProxyHeader(version, tlvs(header.getConfig(), version, config), inner);
  }

  private List<Tlv> tlvs(ProxyProtocolConfig config, int version, Path path) {
    List<Tlv> added = new ArrayList<>();
    int size = 0;
    for (int i = 0; i < config.getAddedTlvsCount(); i++) {
      var tlv = config.getAddedTlvs(i);
      Path here = path.at("added_tlvs", i);
      if (version == 1) {
        findings.error(here, "a value", "none, as only version 2 has them");
      }
      int type = findings.bounded(true, tlv.getType(), 0, 0, 255, here.field("type"));
      ByteString value = tlv.getValue();
      if (value.isEmpty()) {
        findings.error(here.field("value"), "no byte", "at least one");
      }
      size += 3 + value.size();
      added.add(new Tlv(type, value));
    }
    // Two bytes say how much follows the fixed part, addresses included.
    if (size > 65_535 - 36) {
      findings.error(path.field("added_tlvs"), size + " bytes", "at most 65499 bytes");
    }
    return added;
  }
}
