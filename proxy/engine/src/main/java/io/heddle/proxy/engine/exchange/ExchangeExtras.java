package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.engine.route.RequestHash;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What few exchanges have, so that the others need no room for it. Owned by the loop. */
final class ExchangeExtras {
  /** Cookies that the response sets. */
  final List<String> cookies = new ArrayList<>(1);

  /** By the route's hash policies. */
  long hash = RequestHash.NONE;

  Mirror[] mirrors = Mirrors.NONE;

  /** Follows redirects of upstreams. */
  @Nullable InternalRedirect redirects;

  /** The exchange is over. */
  void release() {
    InternalRedirect followed = redirects;
    if (followed != null) {
      followed.release();
    }
  }
}
