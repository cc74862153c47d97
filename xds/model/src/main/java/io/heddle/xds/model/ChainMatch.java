package io.heddle.xds.model;

import java.util.List;

/**
 * Which connections a filter chain is for ({@code envoy.config.listener.v3.FilterChainMatch}). What
 * is empty matches every connection.
 *
 * @param destinationPort 0 matches any
 * @param serverNames in lower case; {@code *.suffix} matches every name below the suffix
 * @param transportProtocol empty, {@code raw_buffer} or {@code tls}
 */
public record ChainMatch(
    int destinationPort,
    List<CidrRange> destinationRanges,
    List<String> serverNames,
    String transportProtocol,
    List<String> applicationProtocols,
    List<CidrRange> directSourceRanges,
    SourceType sourceType,
    List<CidrRange> sourceRanges,
    List<Integer> sourcePorts) {

  /** Matches every connection. */
  public static final ChainMatch ANY =
      new ChainMatch(
          0, List.of(), List.of(), "", List.of(), List.of(), SourceType.ANY, List.of(), List.of());

  /** Where connections come from. */
  public enum SourceType {
    ANY,
    /** From this machine. */
    SAME_IP_OR_LOOPBACK,
    /** From another one. */
    EXTERNAL
  }

  public ChainMatch {
    destinationRanges = List.copyOf(destinationRanges);
    serverNames = List.copyOf(serverNames);
    applicationProtocols = List.copyOf(applicationProtocols);
    directSourceRanges = List.copyOf(directSourceRanges);
    sourceRanges = List.copyOf(sourceRanges);
    sourcePorts = List.copyOf(sourcePorts);
  }
}
