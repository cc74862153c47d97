package io.heddle.proxy.engine.tls;

import io.netty.handler.ssl.OpenSsl;

/** The library that TLS is done with. It is loaded by whoever first needs it. */
public final class BoringSsl {
  private BoringSsl() {}

  /**
   * Loads it on a thread of its own, so that what needs it soon waits less. Whether it can be
   * loaded is told where TLS is configured.
   */
  public static void loadAhead() {
    Thread.ofPlatform().daemon().name("heddle-tls-load").start(OpenSsl::isAvailable);
  }
}
