package io.heddle.proxy.engine.listener;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.api.Expression;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.connection.SocketInfo;
import io.heddle.proxy.engine.format.EarlySubject;
import io.heddle.proxy.engine.format.Expressions;
import io.heddle.proxy.engine.matcher.MatchSubject;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose filter chain is being chosen: nothing was agreed on by TLS yet. Belongs to its
 * loop.
 */
record SocketMatchSubject(SocketInfo connection) implements MatchSubject, EarlySubject {
  private static final Set<String> KNOWN =
      Set.of(
          "source.address",
          "source.port",
          "destination.address",
          "destination.port",
          "connection.id",
          "connection.requested_server_name",
          "metadata.filter_metadata");

  /** Whether an expression over attributes may ask for this one. */
  static boolean knows(String attribute) {
    return KNOWN.contains(attribute);
  }

  @Override
  public String transportProtocol() {
    return connection.found().transportProtocol();
  }

  @Override
  public List<String> applicationProtocols() {
    return connection.found().applicationProtocols();
  }

  @Override
  public boolean holds(Expression expression) {
    return Expressions.holds(expression, this);
  }

  @Override
  public @Nullable Value metadata(String namespace, List<String> path) {
    Struct struct = connection.found().metadata().get(namespace);
    Value value = struct == null ? null : Value.newBuilder().setStructValue(struct).build();
    for (int i = 0; value != null && i < path.size(); i++) {
      value =
          value.hasStructValue() ? value.getStructValue().getFieldsMap().get(path.get(i)) : null;
    }
    return value;
  }

  // --- what there is not before a request ---

  @Override
  public @Nullable RequestHeaders requestHead() {
    return null;
  }

  @Override
  public long startEpochNanos() {
    return 0;
  }

  @Override
  public long durationNanos() {
    return 0;
  }

  @Override
  public long bytesSent() {
    return 0;
  }

  @Override
  public int responseCode() {
    return 0;
  }

  @Override
  public @Nullable String responseCodeDetails() {
    return null;
  }

  @Override
  public int flagBits() {
    return 0;
  }

  @Override
  public @Nullable String protocol() {
    return null;
  }
}
