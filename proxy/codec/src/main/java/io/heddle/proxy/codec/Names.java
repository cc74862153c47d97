package io.heddle.proxy.codec;

import io.heddle.proxy.api.HeaderName;

/** Header names that heads treat on their own. */
final class Names {
  static final HeaderName METHOD = HeaderName.of(":method");
  static final HeaderName PATH = HeaderName.of(":path");
  static final HeaderName AUTHORITY = HeaderName.of(":authority");
  static final HeaderName SCHEME = HeaderName.of(":scheme");
  static final HeaderName STATUS = HeaderName.of(":status");
  static final HeaderName HOST = HeaderName.of("host");

  private Names() {}
}
