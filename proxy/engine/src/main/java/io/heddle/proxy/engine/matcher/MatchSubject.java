package io.heddle.proxy.engine.matcher;

import com.google.protobuf.Value;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.Expression;
import io.heddle.proxy.api.HeaderName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a tree looks at; null where something is not there. Belongs to one loop. */
public interface MatchSubject {
  /** The connection. */
  ConnectionInfo connection();

  /** All lines of a request header, joined by commas. */
  default @Nullable String header(HeaderName name) {
    return null;
  }

  /** The first query parameter of this name, decoded. */
  default @Nullable String parameter(String name) {
    return null;
  }

  /** A value of filter state as text. */
  default @Nullable String filterState(String key) {
    return null;
  }

  /** A value of dynamic metadata. */
  default @Nullable Value metadata(String namespace, List<String> path) {
    return null;
  }

  /** Whether an expression over attributes is true. */
  default boolean holds(Expression expression) {
    return false;
  }

  /** {@code tls} or {@code raw_buffer}. */
  default String transportProtocol() {
    return "";
  }

  /** The application protocols that the client offers. */
  default List<String> applicationProtocols() {
    return List.of();
  }
}
