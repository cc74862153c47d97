package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.engine.loop.Deadline;
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

  /** What filters say in the place of the route; null where they say nothing. */
  @Nullable String clusterOverride;

  /** The protocol that was offered was accepted. */
  boolean switched;

  /** Address and port. */
  @Nullable String hostOverride;

  /** Whether no other host will do. */
  boolean hostOverrideStrict;

  /** In nanoseconds; negative where no filter says anything. */
  long timeoutOverride = -1;

  /** Of a local reply, before it was formatted. */
  @Nullable String localReplyBody;

  /** What kind of entry the access log writes now; null for the one at the end. */
  @Nullable String logType;

  /** Writes entries again and again. */
  @Nullable Deadline periodicLog;

  /** The request begins anew: what filters said of the first way is not for the second. */
  void restart() {
    clusterOverride = null;
    hostOverride = null;
    hostOverrideStrict = false;
    timeoutOverride = -1;
  }

  /** The exchange is over. */
  void release() {
    InternalRedirect followed = redirects;
    if (followed != null) {
      followed.release();
    }
  }
}
