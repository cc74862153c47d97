package io.heddle.proxy.engine.format;

import com.google.protobuf.Value;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.ResponseHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that no route was chosen for and no filter has seen: it has no response either. */
public interface BareSubject extends Subject {
  @Override
  default @Nullable ResponseHeaders responseHead() {
    return null;
  }

  @Override
  default @Nullable HeaderMap responseTrailers() {
    return null;
  }

  @Override
  default long requestDurationNanos() {
    return -1;
  }

  @Override
  default long responseDurationNanos() {
    return -1;
  }

  @Override
  default @Nullable String routeName() {
    return null;
  }

  @Override
  default @Nullable String virtualHostName() {
    return null;
  }

  @Override
  default @Nullable Value metadata(String namespace, List<String> path) {
    return null;
  }

  @Override
  default @Nullable String filterStateText(String name) {
    return null;
  }
}
