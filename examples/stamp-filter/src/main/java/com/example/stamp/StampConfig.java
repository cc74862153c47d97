package com.example.stamp;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * What is stamped, and whom to ask before. Read from a {@code google.protobuf.Struct}, so that a
 * plugin needs no proto of its own.
 *
 * @param stamp put before the body of a request and behind that of a response; 1 to 64 characters
 *     of visible ASCII
 * @param ticket the service that gives every request its ticket; none when empty
 */
record StampConfig(String stamp, Optional<Ticket> ticket) implements RouteFilterConfig {
  private static final int MAX_STAMP = 64;

  /**
   * A service that is asked for a ticket.
   *
   * @param cluster a cluster of the proxy
   * @param path begins with a slash
   * @param timeout 1 ms to 60 s
   */
  record Ticket(String cluster, String path, Duration timeout) {}

  static StampConfig parse(Any config) throws FilterConfigException {
    Struct struct;
    try {
      struct = config.unpack(Struct.class);
    } catch (InvalidProtocolBufferException e) {
      FilterConfigException refused =
          new FilterConfigException("", config.getTypeUrl(), "a google.protobuf.Struct");
      refused.initCause(e);
      throw refused;
    }
    allow(struct, "", Set.of("stamp", "ticket"));
    String stamp = text(struct, "", "stamp");
    if (stamp.length() > MAX_STAMP || !stamp.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new FilterConfigException(
          "stamp", stamp, "1 to " + MAX_STAMP + " characters of visible ASCII");
    }
    return new StampConfig(
        stamp,
        struct.containsFields("ticket")
            ? Optional.of(ticket(struct.getFieldsOrThrow("ticket")))
            : Optional.empty());
  }

  private static Ticket ticket(Value value) throws FilterConfigException {
    if (!value.hasStructValue()) {
      throw new FilterConfigException("ticket", value.getKindCase().name(), "an object");
    }
    Struct struct = value.getStructValue();
    allow(struct, "ticket.", Set.of("cluster", "path", "timeout_ms"));
    String path = text(struct, "ticket.", "path");
    if (!path.startsWith("/") || !path.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new FilterConfigException("ticket.path", path, "a path that begins with a slash");
    }
    double millis =
        struct
            .getFieldsOrDefault("timeout_ms", Value.newBuilder().setNumberValue(1_000).build())
            .getNumberValue();
    if (!(millis >= 1 && millis <= 60_000)) {
      throw new FilterConfigException("ticket.timeout_ms", Double.toString(millis), "1 to 60000");
    }
    return new Ticket(text(struct, "ticket.", "cluster"), path, Duration.ofMillis((long) millis));
  }

  private static String text(Struct struct, String path, String field)
      throws FilterConfigException {
    Value value = struct.getFieldsOrDefault(field, Value.getDefaultInstance());
    if (value.getStringValue().isEmpty()) {
      throw new FilterConfigException(
          path + field, value.hasStringValue() ? "" : value.getKindCase().name(), "a text");
    }
    return value.getStringValue();
  }

  /** A field that nobody reads is a mistake of whoever wrote it, so it is refused by name. */
  private static void allow(Struct struct, String path, Set<String> known)
      throws FilterConfigException {
    for (String field : struct.getFieldsMap().keySet()) {
      if (!known.contains(field)) {
        throw new FilterConfigException(path + field, "set", "one of " + known);
      }
    }
  }
}
