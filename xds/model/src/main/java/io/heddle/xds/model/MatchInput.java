package io.heddle.xds.model;

import java.util.List;

/** What a {@link MatchTree} looks at. */
public sealed interface MatchInput {
  /** A request header, pseudo-headers among them; all its lines, joined by commas. */
  record Header(String name) implements MatchInput {}

  /** The first query parameter of this name, decoded. */
  record Parameter(String name) implements MatchInput {}

  /** A value of filter state as text. */
  record FilterState(String key) implements MatchInput {}

  /** A value of dynamic metadata. */
  record Metadata(String namespace, List<String> path) implements MatchInput {
    public Metadata {
      path = List.copyOf(path);
    }
  }

  /** What is known of the exchange, by the names of Envoy's attributes. */
  enum Attributes implements MatchInput {
    ATTRIBUTES
  }

  /** Something about the client's connection. */
  enum Connection implements MatchInput {
    DESTINATION_IP,
    DESTINATION_PORT,
    SOURCE_IP,
    SOURCE_PORT,
    DIRECT_SOURCE_IP,
    /** {@code local} where the source is this machine; otherwise there is no value. */
    SOURCE_TYPE,
    SERVER_NAME,
    /** {@code tls} or {@code raw_buffer}. */
    TRANSPORT_PROTOCOL,
    /** Those offered, each in single quotes, joined by commas. */
    APPLICATION_PROTOCOL
  }
}
