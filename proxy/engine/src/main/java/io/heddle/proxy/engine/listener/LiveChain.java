package io.heddle.proxy.engine.listener;

import io.heddle.proxy.engine.connection.ConnectionGroup;

/**
 * A compiled filter chain and its connections. It lives on under a new configuration of its
 * listener that has the same chain, and is closed when no configuration has it and its last
 * connection is gone. Its users are guarded by the lock of {@link Listeners}.
 */
final class LiveChain {
  private final Chain chain;
  private final ConnectionGroup group;
  private int users;

  LiveChain(Chain chain, ConnectionGroup group) {
    this.chain = chain;
    this.group = group;
  }

  Chain chain() {
    return chain;
  }

  ConnectionGroup group() {
    return group;
  }

  void used() {
    users++;
  }

  /** Closes it with its last user, whose connections must be gone. */
  void unused() {
    if (--users == 0) {
      chain.close();
    }
  }
}
