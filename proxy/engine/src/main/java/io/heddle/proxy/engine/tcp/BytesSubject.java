package io.heddle.proxy.engine.tcp;

import com.google.protobuf.Value;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.engine.format.Subject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection of bytes that nobody reads: it has no request and no response to be asked about. */
interface BytesSubject extends Subject {
  @Override
  default @Nullable RequestHeaders requestHead() {
    return null;
  }

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
  default int responseCode() {
    return 0;
  }

  @Override
  default @Nullable String protocol() {
    return null;
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
