package io.heddle.xds.server;

import io.grpc.Status;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A discovery request as the inside sees it. */
sealed interface Request {
  /**
   * The client says what it wants in full.
   *
   * @param resumed whether it says that it has accepted something of the type before
   */
  record Sotw(Head common, List<String> names, boolean resumed) implements Request {}

  /** The client says what it wants more or less of. */
  record Delta(
      Head common,
      List<String> subscribe,
      List<String> unsubscribe,
      Map<String, String> initialVersions)
      implements Request {}

  /** What cannot be served: the stream ends so. */
  record Refused(Status status) implements Request {}

  /**
   * What both variants carry.
   *
   * @param typeUrl empty where the client left it out
   * @param nonce empty where the request answers nothing
   * @param error what the client refused a response with; null when it did not
   */
  record Head(@Nullable NodeInfo node, String typeUrl, String nonce, @Nullable String error) {}
}
