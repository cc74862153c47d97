package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.engine.loop.ByteMeter;

/**
 * Bytes of an exchange on its two connections. Kept with the client's connection or stream, and
 * begun anew by it, so that none is made a request. Owned by the loop.
 */
public final class ExchangeBytes {
  /** On the connection to the client. */
  public final ByteMeter client = new ByteMeter();

  /** On connections to hosts, of all attempts together. */
  final ByteMeter host = new ByteMeter();

  /** What is counted next belongs to another exchange. */
  public void clear() {
    client.clear();
    host.clear();
  }
}
