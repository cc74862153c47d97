package io.heddle.control.core.registry;

import com.google.protobuf.ByteString;
import io.heddle.control.core.shared.SharedKeys;
import io.heddle.control.core.shared.SharedKeysException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says to the other control planes that this one is there, by a key that goes when it is not
 * renewed, and knows whether it is heard: when nothing was for two thirds of that time, it is cut
 * off, a little before the others believe so.
 */
public final class Membership implements AutoCloseable {
  /** How long a control plane that is not heard counts as there. */
  public static final Duration TIME_TO_LIVE = Duration.ofSeconds(6);

  private static final long CUT_OFF = TIME_TO_LIVE.toNanos() * 2 / 3;
  private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
  private static final String REPLICAS = "live/replicas/";

  private final SharedKeys keys;
  private final String self;
  private final String address;
  private final LongSupplier nanoTime;
  private final Thread thread;
  private final List<Consumer<Boolean>> listeners = new CopyOnWriteArrayList<>();
  private volatile boolean closed;
  private volatile long heard;

  /** Written by the thread that renews. */
  private volatile long lease;

  /** Of the pulse that looks. */
  private boolean cutOff;

  private Membership(SharedKeys keys, String self, String address, LongSupplier nanoTime) {
    this.keys = keys;
    this.self = self;
    this.address = address;
    this.nanoTime = nanoTime;
    this.thread = Thread.ofVirtual().name("heddle-membership").unstarted(this::run);
  }

  static String key(String replica) {
    return REPLICAS + replica;
  }

  /** The control plane that a key stands for; empty for other keys. */
  static Optional<String> replica(String key) {
    return key.startsWith(REPLICAS)
        ? Optional.of(key.substring(REPLICAS.length()))
        : Optional.empty();
  }

  /**
   * Says it for the first time before it returns.
   *
   * @param self tells control planes apart; a restarted one is another
   * @param address for people who look
   * @param pulse where it is looked whether this one is cut off
   */
  public static Membership join(
      SharedKeys keys, String self, String address, LongSupplier nanoTime, Pulse pulse) {
    Membership membership = new Membership(keys, self, address, nanoTime);
    membership.say();
    membership.thread.start();
    pulse.every(TIME_TO_LIVE.dividedBy(12), membership::look);
    return membership;
  }

  /** Says how many streams this one has; how many each has, this one included. */
  public List<Integer> exchange(int streams) {
    long current = lease;
    if (current != 0) {
      keys.commit(List.of(), List.of(new SharedKeys.Put(key(self), value(streams), current)));
    }
    List<Integer> all = new ArrayList<>();
    for (SharedKeys.Entry entry : keys.list(REPLICAS).entries()) {
      String text = entry.value().toStringUtf8();
      String count = text.substring(text.indexOf(' ') + 1);
      all.add(count.matches("[0-9]{1,9}") ? Integer.parseInt(count) : 0);
    }
    return all;
  }

  /** The lease that goes when this one is not heard; zero while it has none. */
  public long lease() {
    return lease;
  }

  /**
   * The others that are there, each with its address.
   *
   * @throws SharedKeysException where this one is cut off, and cannot know
   */
  public Map<String, String> others() {
    if (nanoTime.getAsLong() - heard > CUT_OFF) {
      throw new SharedKeysException(
          "cut off from the shared store", true, new IOException("not heard"));
    }
    Map<String, String> others = new TreeMap<>();
    for (SharedKeys.Entry entry : keys.list(REPLICAS).entries()) {
      String replica = entry.key().substring(REPLICAS.length());
      String text = entry.value().toStringUtf8();
      if (!replica.equals(self)) {
        int end = text.indexOf(' ');
        others.put(replica, end < 0 ? text : text.substring(0, end));
      }
    }
    return others;
  }

  private ByteString value(int streams) {
    return ByteString.copyFromUtf8(address + " " + streams);
  }

  /** Tells of being cut off, and of not being so any more, on the pulse. */
  public void onCutOff(Consumer<Boolean> listener) {
    listeners.add(listener);
  }

  private void say() {
    long asked = nanoTime.getAsLong();
    if (lease == 0 || !keys.renew(lease)) {
      long granted = keys.grant(TIME_TO_LIVE);
      keys.commit(List.of(), List.of(new SharedKeys.Put(key(self), value(0), granted)));
      lease = granted;
    }
    heard = asked;
  }

  private void run() {
    try {
      while (!closed) {
        TimeUnit.MILLISECONDS.sleep(TIME_TO_LIVE.toMillis() / 6);
        try {
          say();
        } catch (SharedKeysException e) {
          LOG.warn("the shared store does not hear this control plane: {}", e.getMessage());
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // it was closed
    }
  }

  private void look() {
    boolean now = nanoTime.getAsLong() - heard > CUT_OFF;
    if (now != cutOff) {
      cutOff = now;
      listeners.forEach(listener -> listener.accept(now));
    }
  }

  /** Lets the others know at once. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(TIME_TO_LIVE);
      keys.revoke(lease);
    } catch (SharedKeysException e) {
      LOG.info("the others will notice by themselves that this control plane ended");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
