package io.heddle.proxy.engine.listener;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.engine.connection.SocketInfo;
import io.heddle.proxy.engine.matcher.MatchSubject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection whose filter chain is being chosen. */
record SocketMatchSubject(SocketInfo connection) implements MatchSubject {
  @Override
  public String transportProtocol() {
    return connection.found().transportProtocol();
  }

  @Override
  public List<String> applicationProtocols() {
    return connection.found().applicationProtocols();
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
}
