package io.heddle.xds.model;

import java.time.Duration;

/**
 * When entries are written beside the one at the end ({@code access_log_options}).
 *
 * @param onRequest before a request meets the filters
 * @param interval again and again, as long as it is under way; zero for never
 * @param onTunnel when a connection has become a tunnel
 */
public record LogMoments(boolean onRequest, Duration interval, boolean onTunnel) {
  /** Only the entry at the end. */
  public static final LogMoments END = new LogMoments(false, Duration.ZERO, false);
}
