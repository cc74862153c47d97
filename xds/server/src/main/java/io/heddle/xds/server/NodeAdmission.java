package io.heddle.xds.server;

import java.util.Optional;

/** Says whether a client may be the node that it says it is. */
@FunctionalInterface
public interface NodeAdmission {
  /** Lets every node in. */
  NodeAdmission EVERYBODY = node -> Optional.empty();

  /**
   * Why a node is refused; empty lets it in. Called once a stream, on the transport's thread and in
   * the gRPC context of the call, so it must not block. A stream that is refused ends with
   * PERMISSION_DENIED and these words.
   */
  Optional<String> refusal(NodeInfo node);
}
