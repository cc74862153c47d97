package io.heddle.xds.model;

/**
 * Where {@code x-envoy-attempt-count} says how many times a request was sent to a host, whatever
 * stood there before.
 *
 * @param inRequest for the host: which attempt this is
 * @param inResponse for the client: how many there were
 */
public record AttemptCounts(boolean inRequest, boolean inResponse) {
  /** Nowhere. */
  public static final AttemptCounts NONE = new AttemptCounts(false, false);
}
