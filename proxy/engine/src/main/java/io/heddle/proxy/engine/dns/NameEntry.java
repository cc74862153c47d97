package io.heddle.proxy.engine.dns;

import io.heddle.proxy.api.NameCache.Answer;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A name and a port, and where they lead. The volatile parts are read by every loop; the others
 * belong to the discovery thread.
 */
public final class NameEntry {
  final String key;
  final String name;
  final int port;
  final List<WaitingRequest> waiting = new ArrayList<>();
  volatile @Nullable InetSocketAddress address;
  volatile long usedNanos;
  @Nullable ScheduledFuture<?> timer;
  long query;
  boolean asking;
  int failures;
  private final LongSupplier nanoTime;

  NameEntry(String key, String name, int port, LongSupplier nanoTime) {
    this.key = key;
    this.name = name;
    this.port = port;
    this.nanoTime = nanoTime;
    touch();
  }

  /** The address; null where there is none yet. Counts as a use. */
  public @Nullable InetSocketAddress use() {
    touch();
    return address;
  }

  /** The name without its port. */
  public String name() {
    return name;
  }

  void touch() {
    usedNanos = nanoTime.getAsLong();
  }

  void answer(Answer answer) {
    List<WaitingRequest> all = List.copyOf(waiting);
    waiting.clear();
    all.forEach(one -> one.done(answer));
  }
}
