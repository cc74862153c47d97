package io.heddle.proxy.api;

import com.google.protobuf.MessageLite;
import java.util.Map;

/**
 * Sends streams of messages to services over gRPC, through the proxy's own clusters. For work of
 * the whole proxy (logs, reports) and not of one exchange. Safe on every thread.
 */
public interface GrpcClient {
  /** Nobody to talk to: every stream fails at once. */
  GrpcClient NONE =
      (target, method, listener) -> {
        listener.onClosed(14, "this proxy has no gRPC client");
        return new Stream() {
          @Override
          public boolean ready() {
            return false;
          }

          @Override
          public void send(MessageLite message) {}

          @Override
          public void close() {}
        };
      };

  /**
   * Opens a stream of requests; connecting happens behind it, and a failure comes to {@code
   * listener}.
   *
   * @param method full name: {@code package.Service/Method}
   */
  Stream open(Target target, String method, Listener listener);

  /**
   * Whom a stream goes to ({@code envoy.config.core.v3.GrpcService}).
   *
   * @param cluster name of a cluster of this proxy
   * @param authority empty for the cluster's name
   * @param metadata sent with the call
   */
  record Target(String cluster, String authority, Map<String, String> metadata) {
    /** Copies the metadata. */
    public Target {
      metadata = Map.copyOf(metadata);
    }
  }

  /** A stream under way. */
  interface Stream {
    /** Whether a message would leave now, and not wait in memory. */
    boolean ready();

    /** Sends a message; dropped where the stream is closed. */
    void send(MessageLite message);

    /** Ends the stream; the listener is not called any more. */
    void close();
  }

  /** Hears of a stream, on a thread of the client's; must not block. */
  interface Listener {
    /** {@link Stream#ready} may have become true. */
    default void onReady() {}

    /** The stream is over; the last call. {@code status} is gRPC's number. */
    void onClosed(int status, String message);
  }
}
