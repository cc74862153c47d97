package io.heddle.proxy.engine.tcp;

import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.format.BareSubject;
import org.jspecify.annotations.Nullable;

/** A connection of bytes that nobody reads: it has no request to be asked about. */
interface BytesSubject extends BareSubject {
  @Override
  default @Nullable RequestHeaders requestHead() {
    return null;
  }

  @Override
  default int responseCode() {
    return 0;
  }

  @Override
  default @Nullable String protocol() {
    return null;
  }
}
