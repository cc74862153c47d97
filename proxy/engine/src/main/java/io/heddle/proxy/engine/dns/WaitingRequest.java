package io.heddle.proxy.engine.dns;

import io.heddle.proxy.api.NameCache.Answer;
import io.heddle.proxy.api.NameCache.Waiting;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A request that waits for an answer; it occupies a place until it has it or gives up. */
final class WaitingRequest implements Waiting {
  private final AtomicInteger places;
  private final Consumer<Answer> then;
  private final AtomicBoolean over = new AtomicBoolean();

  WaitingRequest(AtomicInteger places, Consumer<Answer> then) {
    this.places = places;
    this.then = then;
  }

  @Override
  public void cancel() {
    if (over.compareAndSet(false, true)) {
      places.decrementAndGet();
    }
  }

  /** Whether nobody waits any more. */
  boolean over() {
    return over.get();
  }

  void done(Answer answer) {
    if (over.compareAndSet(false, true)) {
      places.decrementAndGet();
      then.accept(answer);
    }
  }
}
