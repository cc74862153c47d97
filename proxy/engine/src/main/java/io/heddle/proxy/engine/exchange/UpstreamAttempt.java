package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.UpstreamConnection;
import io.heddle.proxy.engine.cluster.UpstreamSocket;
import io.heddle.proxy.engine.cluster.UpstreamStream;
import io.heddle.proxy.engine.loop.ByteMeter;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import org.jspecify.annotations.Nullable;

/**
 * The attempt of a request that is under way: its host and connection, and where it is counted.
 * Owned by the exchange's loop.
 */
abstract class UpstreamAttempt implements UpstreamStream {
  final Exchange exchange;
  @Nullable Cluster cluster;
  @Nullable Host host;
  @Nullable UpstreamConnection connection;
  RoutingPriority priority = RoutingPriority.DEFAULT;
  @Nullable UpstreamSocket socket;

  /** Whether it has one of its cluster's requests. */
  boolean counted;

  /** Whether it has a host. */
  boolean inAttempt;

  boolean timedOut;
  private boolean downstreamPaused;
  int attempts;
  long attemptNanos;

  UpstreamAttempt(Exchange exchange) {
    this.exchange = exchange;
  }

  /** Whether it has a host, and is not over. */
  boolean underWay() {
    return inAttempt;
  }

  @Nullable Retries retries() {
    ExchangeExtras with = exchange.extrasIfAny();
    return with == null ? null : with.retries;
  }

  @Nullable Host choose(Cluster of) {
    Retries with = retries();
    for (int choices = 0; ; choices++) {
      Host there = of.choose(exchange.worker, Forwarding.balanceContext(exchange, of, priority));
      if (with == null || there == null) {
        return there;
      }
      if (!with.dislikes(there, choices)) {
        with.tried(there);
        return there;
      }
    }
  }

  /** It is over; {@code code} is what the host has answered, or 0. */
  void release(int code) {
    Cluster to = cluster;
    if (counted && to != null) {
      counted = false;
      to.priority(priority).requests().release();
    }
    if (inAttempt && to != null) {
      inAttempt = false;
      to.stats().attemptEnded(exchange.worker.stats());
      Host there = host;
      if (there != null) {
        there.requestEnded(code, timedOut);
      }
    }
  }

  /** Takes it from its connection, or from those who wait for one. */
  void giveUp() {
    UpstreamConnection on = connection;
    Cluster to = cluster;
    Host there = host;
    connection = null;
    if (inAttempt && to != null && there != null) {
      if (on == null) {
        to.cancel(exchange.worker, there, this);
        to.stats().cancelled(exchange.worker.stats());
      } else {
        to.stats().resetByUs(exchange.worker.stats());
      }
    }
    if (on != null) {
      on.abandon();
    }
  }

  // --- what pools and connections ask ---

  /** Kept with the client's connection, whose next exchange has nothing to do with this one. */
  @Override
  public @Nullable ByteMeter bytes() {
    return exchange.completed() ? null : exchange.downstream.bytes().host;
  }

  @Override
  public Carriage carriage() {
    return Forwarding.carriage(exchange);
  }

  @Override
  public String requestName(String header) {
    return Forwarding.requestName(exchange.request, header);
  }

  @Override
  public ConnectionInfo client() {
    return exchange.downstream.info();
  }

  // --- flow control ---

  void pauseDownstream() {
    if (!downstreamPaused && !exchange.completed()) {
      downstreamPaused = true;
      exchange.downstream.disableRead();
    }
  }

  void resumeDownstream() {
    if (downstreamPaused) {
      downstreamPaused = false;
      exchange.downstream.enableRead();
    }
  }

  void disableRead() {
    UpstreamConnection on = connection;
    if (on != null) {
      on.disableRead();
    }
  }

  void enableRead() {
    UpstreamConnection on = connection;
    if (on != null) {
      on.enableRead();
    }
  }

  boolean slow() {
    UpstreamConnection on = connection;
    return on == null ? inAttempt : on.slow();
  }

  @Nullable UpstreamConnection connection() {
    return connection;
  }

  // --- what the host did ---

  void hostReached() {
    Host there = host;
    if (there != null) {
      there.connected();
    }
  }

  void hostFailed() {
    Host there = host;
    if (there != null) {
      there.failed();
    }
  }

  // --- for retries and logs ---

  @Nullable Cluster cluster() {
    return cluster;
  }

  RoutingPriority priority() {
    return priority;
  }

  /** How long the attempt lasts. */
  long tookNanos() {
    return exchange.worker.turnNanos() - attemptNanos;
  }

  int attempts() {
    return attempts;
  }

  @Nullable Host host() {
    return host;
  }

  @Nullable String hostAddress() {
    Host there = host;
    return there == null ? null : there.address();
  }

  @Nullable UpstreamSocket socket() {
    return socket;
  }
}
