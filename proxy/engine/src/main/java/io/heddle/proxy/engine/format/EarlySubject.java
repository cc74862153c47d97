package io.heddle.proxy.engine.format;

import com.google.protobuf.Value;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.ResponseHeaders;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that ended before any route was chosen for it, so that no host has seen it. */
public interface EarlySubject extends Subject {
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
  default long bytesReceived() {
    return 0;
  }

  @Override
  default int attempts() {
    return 0;
  }

  @Override
  default @Nullable String upstreamHost() {
    return null;
  }

  @Override
  default @Nullable InetSocketAddress upstreamLocalAddress() {
    return null;
  }

  @Override
  default @Nullable String upstreamCluster() {
    return null;
  }

  @Override
  default @Nullable String upstreamFailure() {
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
