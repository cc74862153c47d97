package io.heddle.xds.client;

import java.time.Duration;

/** Learns how the stream to the control plane fares. Called on the client's thread. */
public interface ConnectionListener {

  /** The stream stands. */
  void connected(String target);

  /** The stream has ended or could not be opened; the next attempt follows after the delay. */
  void disconnected(String target, String reason, Duration nextAttempt);

  /** Does nothing. */
  static ConnectionListener none() {
    return new ConnectionListener() {
      @Override
      public void connected(String target) {}

      @Override
      public void disconnected(String target, String reason, Duration nextAttempt) {}
    };
  }
}
