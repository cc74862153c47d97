package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.heddle.xds.model.ChainMatch;
import io.heddle.xds.model.ChainMatch.SourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads which connections a filter chain is for. */
final class ChainMatchReader {

  private final Findings findings;

  ChainMatchReader(Findings findings) {
    this.findings = findings;
  }

  ChainMatch read(FilterChainMatch match, Path path) {
    return new ChainMatch(
        findings.bounded(
            match.hasDestinationPort(),
            match.getDestinationPort().getValue(),
            0,
            1,
            65_535,
            path.field("destination_port")),
        ranges(match.getPrefixRangesList(), "prefix_ranges", path),
        serverNames(match, path),
        match.getTransportProtocol(),
        match.getApplicationProtocolsList(),
        ranges(match.getDirectSourcePrefixRangesList(), "direct_source_prefix_ranges", path),
        sourceType(match, path),
        ranges(match.getSourcePrefixRangesList(), "source_prefix_ranges", path),
        sourcePorts(match, path));
  }

  private List<io.heddle.xds.model.CidrRange> ranges(
      List<CidrRange> ranges, String field, Path path) {
    List<io.heddle.xds.model.CidrRange> read = new ArrayList<>();
    for (int i = 0; i < ranges.size(); i++) {
      AddressReader.cidr(ranges.get(i), path.at(field, i), findings).ifPresent(read::add);
    }
    return read;
  }

  private List<String> serverNames(FilterChainMatch match, Path path) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < match.getServerNamesCount(); i++) {
      String name = match.getServerNames(i);
      String rest = name.startsWith("*.") ? name.substring(2) : name;
      if (rest.isEmpty() || rest.indexOf('*') >= 0) {
        findings.error(
            path.at("server_names", i),
            name.isEmpty() ? "an empty string" : name,
            "a name, or *. and a name");
      }
      names.add(name.toLowerCase(Locale.ROOT));
    }
    return names;
  }

  private SourceType sourceType(FilterChainMatch match, Path path) {
    return switch (match.getSourceType()) {
      case ANY -> SourceType.ANY;
      case SAME_IP_OR_LOOPBACK -> SourceType.SAME_IP_OR_LOOPBACK;
      case EXTERNAL -> SourceType.EXTERNAL;
      case UNRECOGNIZED -> {
        findings.error(
            path.field("source_type"),
            Integer.toString(match.getSourceTypeValue()),
            "ANY, SAME_IP_OR_LOOPBACK or EXTERNAL");
        yield SourceType.ANY;
      }
    };
  }

  private List<Integer> sourcePorts(FilterChainMatch match, Path path) {
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < match.getSourcePortsCount(); i++) {
      ports.add(
          findings.bounded(
              true, match.getSourcePorts(i), 1, 1, 65_535, path.at("source_ports", i)));
    }
    return ports;
  }
}
