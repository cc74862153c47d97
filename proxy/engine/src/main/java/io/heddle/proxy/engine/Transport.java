package io.heddle.proxy.engine;

import io.heddle.proxy.engine.loop.Sockets;
import java.util.Optional;

/** How the engine talks to the operating system. */
public enum Transport {
  /** epoll where it works, else NIO. */
  AUTO,
  /** Linux epoll. */
  EPOLL,
  /** Linux io_uring; experimental. */
  IO_URING,
  /** The JDK's selector; works everywhere. */
  NIO;

  /** Why it cannot be used on this machine; empty where it can. */
  public Optional<String> unavailability() {
    return switch (this) {
      case AUTO, NIO -> Optional.empty();
      case EPOLL -> Sockets.epollUnavailability();
      case IO_URING -> Sockets.ioUringUnavailability();
    };
  }
}
