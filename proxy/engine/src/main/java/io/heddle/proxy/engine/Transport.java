package io.heddle.proxy.engine;

/** How the engine talks to the operating system. */
public enum Transport {
  /** epoll where it works, else NIO. */
  AUTO,
  /** Linux epoll. */
  EPOLL,
  /** Linux io_uring; experimental. */
  IO_URING,
  /** The JDK's selector; works everywhere. */
  NIO
}
