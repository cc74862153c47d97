package io.heddle.proxy.engine.inspect;

import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolPassThroughTLVs.PassTLVsMatchType;
import io.envoyproxy.envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol;
import io.heddle.proxy.api.ListenerFilter;
import io.heddle.proxy.api.StatsScope;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Takes the addresses from the PROXY header before a connection. One connection's. */
final class ProxyProtocolFilter implements ListenerFilter {
  private static final int MOST = 64 << 10;

  /** Where upstream PROXY headers find what is to be passed on. */
  static final String PASSED = "heddle.proxy_protocol.passed";

  private final Config config;

  ProxyProtocolFilter(Config config) {
    this.config = config;
  }

  private record Rule(int type, String namespace, String key) {}

  /** Its configuration and statistics. */
  record Config(
      List<Rule> rules,
      boolean optional,
      boolean passAll,
      List<Integer> passed,
      List<Integer> disallowed,
      StatsScope.Counter error,
      StatsScope.Counter notFoundDisallowed,
      StatsScope.Counter notFoundAllowed,
      StatsScope.Counter found1,
      StatsScope.Counter found2,
      StatsScope.Counter disallowed1,
      StatsScope.Counter disallowed2) {
    static Config of(ProxyProtocol message, StatsScope root) {
      StatsScope scope =
          root.scope(
              message.getStatPrefix().isEmpty()
                  ? "proxy_proto"
                  : "proxy_proto." + message.getStatPrefix());
      List<Rule> rules = new ArrayList<>();
      for (ProxyProtocol.Rule rule : message.getRulesList()) {
        String namespace = rule.getOnTlvPresent().getMetadataNamespace();
        rules.add(
            new Rule(
                rule.getTlvType(),
                namespace.isEmpty() ? "envoy.filters.listener.proxy_protocol" : namespace,
                rule.getOnTlvPresent().getKey()));
      }
      List<Integer> disallowed = new ArrayList<>();
      for (ProxyProtocolConfig.Version version : message.getDisallowedVersionsList()) {
        disallowed.add(version.getNumber() + 1);
      }
      return new Config(
          List.copyOf(rules),
          message.getAllowRequestsWithoutProxyProtocol(),
          message.hasPassThroughTlvs()
              && message.getPassThroughTlvs().getMatchType() == PassTLVsMatchType.INCLUDE_ALL,
          List.copyOf(message.getPassThroughTlvs().getTlvTypeList()),
          List.copyOf(disallowed),
          root.counter("downstream_cx_proxy_proto_error"),
          scope.counter("not_found_disallowed"),
          scope.counter("not_found_allowed"),
          scope.scope("versions.v1").counter("found"),
          scope.scope("versions.v2").counter("found"),
          scope.scope("versions.v1").counter("disallowed"),
          scope.scope("versions.v2").counter("disallowed"));
    }
  }

  @Override
  public int bytesNeeded() {
    return 1;
  }

  @Override
  public PeekDecision onPeek(ByteBuf peeked, ListenerConnection connection) {
    ProxyHeader header = ProxyHeader.read(peeked);
    return switch (header.state()) {
      case NEED_MORE ->
          header.size() <= MOST
              ? new PeekDecision.NeedMore(header.size())
              : refused("proxy_protocol_too_large");
      case ABSENT -> {
        if (config.optional()) {
          config.notFoundAllowed().increment();
          yield new PeekDecision.Continue(0);
        }
        config.notFoundDisallowed().increment();
        yield refused("proxy_protocol_missing");
      }
      case MALFORMED -> refused("proxy_protocol_malformed");
      case WHOLE -> found(header, connection);
    };
  }

  private PeekDecision refused(String detail) {
    config.error().increment();
    return new PeekDecision.Close(detail);
  }

  private PeekDecision found(ProxyHeader header, ListenerConnection connection) {
    boolean first = header.version() == 1;
    if (config.disallowed().contains(header.version())) {
      (first ? config.disallowed1() : config.disallowed2()).increment();
      return refused("proxy_protocol_version_disallowed");
    }
    (first ? config.found1() : config.found2()).increment();
    var source = header.source();
    var destination = header.destination();
    if (source != null && destination != null) {
      connection.remoteAddress(source);
      connection.originalDestination(destination);
    }
    for (ProxyHeader.Tlv tlv : header.tlvs()) {
      for (Rule rule : config.rules()) {
        if (rule.type() == tlv.type() && !rule.key().isEmpty()) {
          connection.metadata(
              rule.namespace(),
              rule.key(),
              Value.newBuilder()
                  .setStringValue(new String(tlv.value(), StandardCharsets.UTF_8))
                  .build());
        }
      }
      if (config.passAll() || config.passed().contains(tlv.type())) {
        connection.metadata(
            PASSED,
            Integer.toString(tlv.type()),
            Value.newBuilder().setStringValue(HexFormat.of().formatHex(tlv.value())).build());
      }
    }
    return new PeekDecision.Continue(header.size());
  }
}
