package io.heddle.proxy.engine.format;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Something that ended, or is looked at, before any host was chosen for it. */
public interface EarlySubject extends BareSubject {
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
}
