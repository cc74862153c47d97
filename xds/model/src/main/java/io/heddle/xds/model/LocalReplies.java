package io.heddle.xds.model;

import java.util.List;
import java.util.Optional;

/**
 * What becomes of responses that the proxy gives by itself ({@code
 * envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig}).
 *
 * @param mappers the first whose filter passes is taken
 * @param body what bodies look like where no mapper says it; empty for as they are
 */
public record LocalReplies(List<Mapper> mappers, Optional<Body> body) {
  /** Responses stay as they are. */
  public static final LocalReplies NONE = new LocalReplies(List.of(), Optional.empty());

  public LocalReplies {
    mappers = List.copyOf(mappers);
  }

  /**
   * Changes some of the responses.
   *
   * @param status zero for as it is
   * @param text in the place of the body, before it is formatted
   * @param body what the body looks like
   */
  public record Mapper(
      AccessLogFilter filter,
      int status,
      Optional<String> text,
      Optional<Body> body,
      HeaderMutations headers) {}

  /** A body with command operators, {@code %LOCAL_REPLY_BODY%} among them. */
  public record Body(AccessLogConfig.Format format, String contentType) {}
}
