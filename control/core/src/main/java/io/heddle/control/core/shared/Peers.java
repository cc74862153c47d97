package io.heddle.control.core.shared;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the other control planes, and answers them, through the keys that they share: so that they
 * need neither each other's addresses nor credentials beyond those of the shared store.
 *
 * <p>A question is a key that goes with the presence of who asks; an answer, compressed and in
 * parts where it is large, is written only while its question stands. Whoever asked removes both.
 */
public final class Peers implements AutoCloseable {
  /** How long an answer is waited for. */
  public static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(Peers.class);
  private static final String QUESTIONS = "ask/q/";
  private static final String ANSWERS = "ask/a/";
  private static final String PREFIX = "ask/";
  private static final int PART = 1_000_000;
  private static final int MOST_PARTS = 32;
  private static final int LARGEST_ANSWER = 128 << 20;
  private static final int AT_ONCE = 16;
  private static final long RELIST_PAUSE = 500;

  private final SharedKeys keys;
  private final String self;
  private final Supplier<Map<String, String>> others;
  private final LongSupplier lease;
  private final Duration patience;
  private final Map<String, UnaryOperator<String>> topics = new ConcurrentHashMap<>();
  private final Map<String, Round> rounds = new ConcurrentHashMap<>();
  private final Semaphore answering = new Semaphore(AT_ONCE);
  private volatile boolean closed;
  private volatile @Nullable AutoCloseable watch;

  /**
   * Nobody is answered before {@link #start}.
   *
   * @param self as the others know this one
   * @param others those that are there, with what people call them; asked before each question
   * @param lease that goes when this control plane is no longer heard; zero while there is none
   */
  public Peers(
      SharedKeys keys, String self, Supplier<Map<String, String>> others, LongSupplier lease) {
    this(keys, self, others, lease, PATIENCE);
  }

  /** As the other one, with another time to wait for an answer. */
  public Peers(
      SharedKeys keys,
      String self,
      Supplier<Map<String, String>> others,
      LongSupplier lease,
      Duration patience) {
    this.patience = patience;
    this.keys = keys;
    this.self = self;
    this.others = others;
    this.lease = lease;
  }

  /**
   * What the others say.
   *
   * @param texts by the id of who said it
   * @param silent what people call those who are there, as far as is known, and did not say
   *     anything
   */
  public record Answers(Map<String, String> texts, Set<String> silent) {
    public Answers {
      texts = Map.copyOf(texts);
      silent = Set.copyOf(silent);
    }
  }

  /** Says how questions of a topic are answered: on a virtual thread, several at once. */
  public void answer(String topic, UnaryOperator<String> by) {
    topics.put(topic, by);
  }

  /** Begins to listen; what asks before hears nothing. */
  public void start() {
    follow(keys.list(PREFIX).revision());
  }

  private void follow(long after) {
    AutoCloseable opened = keys.watch(PREFIX, after, new Listening());
    watch = opened;
    if (closed) {
      end(opened);
    }
  }

  /**
   * Asks all others, and waits hardly longer than {@link #PATIENCE}. A shared store that cannot be
   * reached is one where all are silent.
   */
  public Answers ask(String topic, String question) {
    CompletableFuture<Answers> answers = new CompletableFuture<>();
    Thread _ =
        Thread.ofVirtual()
            .name("heddle-peers")
            .start(() -> {
              try {
                answers.complete(asking(topic, question));
              } catch (RuntimeException e) {
                answers.completeExceptionally(e);
              }
            });
    try {
      return answers.get(2 * patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("the other control planes cannot be asked: {}", String.valueOf(e.getMessage()));
      return new Answers(Map.of(), Set.of("the shared store"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answers(Map.of(), Set.of("the shared store"));
    }
  }

  private Answers asking(String topic, String question) {
    Map<String, String> there = others.get();
    if (there.isEmpty()) {
      return new Answers(Map.of(), Set.of());
    }
    String id = UUID.randomUUID().toString();
    Round round = new Round(there.keySet());
    rounds.put(id, round);
    try {
      ByteString value = deflated(self + "\n" + topic + "\n" + question);
      keys.commit(List.of(), List.of(new SharedKeys.Put(QUESTIONS + id, value, lease.getAsLong())));
      round.await(patience);
    } catch (SharedKeysException e) {
      LOG.warn("the other control planes cannot be asked: {}", e.getMessage());
    } finally {
      rounds.remove(id);
      remove(id);
    }
    Map<String, String> texts = new HashMap<>();
    Set<String> silent = new TreeSet<>();
    there.forEach((replica, name) ->
        round
            .answer(replica)
            .ifPresentOrElse(text -> texts.put(replica, text), () -> silent.add(name)));
    return new Answers(texts, silent);
  }

  private void remove(String id) {
    try {
      keys.commit(
          List.of(),
          List.of(
              new SharedKeys.Delete(QUESTIONS + id),
              new SharedKeys.DeleteRange(ANSWERS + id + "/", ANSWERS + id + "0")));
    } catch (SharedKeysException e) {
      LOG.debug("a question stays until this control plane is gone", e);
    }
  }

  /** What came of one question. */
  private static final class Round {
    private final Set<String> asked;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition heard = lock.newCondition();

    /** By replica and part; guarded by {@code lock}. */
    private final Map<String, TreeMap<Integer, ByteString>> parts = new HashMap<>();

    /** By replica how many parts there are, and its whole answers; guarded by {@code lock}. */
    private final Map<String, Integer> counts = new HashMap<>();

    private final Map<String, String> whole = new HashMap<>();
    private int failed;

    Round(Set<String> asked) {
      this.asked = Set.copyOf(asked);
    }

    void part(String replica, int part, int of, ByteString bytes) {
      lock.lock();
      try {
        if (!asked.contains(replica) || of > MOST_PARTS) {
          return;
        }
        if (of == 0) {
          failed++; // it could not answer, and says so
        } else {
          counts.put(replica, of);
          TreeMap<Integer, ByteString> all = parts.computeIfAbsent(replica, r -> new TreeMap<>());
          all.put(part, bytes);
          if (all.size() == of) {
            whole.put(replica, inflated(ByteString.copyFrom(all.values())));
          }
        }
        heard.signalAll();
      } catch (UncheckedIOException e) {
        LOG.warn("what control plane {} said cannot be read: {}", replica, e.getMessage());
      } finally {
        lock.unlock();
      }
    }

    Optional<String> answer(String replica) {
      lock.lock();
      try {
        return Optional.ofNullable(whole.get(replica));
      } finally {
        lock.unlock();
      }
    }

    void await(Duration patience) {
      lock.lock();
      try {
        long left = patience.toNanos();
        while (whole.size() + failed < asked.size() && left > 0) {
          left = heard.awaitNanos(left);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        lock.unlock();
      }
    }
  }

  /** On the thread of the watch. */
  private final class Listening implements SharedKeys.Watcher {
    @Override
    public void onUpdates(List<SharedKeys.Update> updates) {
      for (SharedKeys.Update update : updates) {
        update.put().forEach(Peers.this::take);
        for (String key : update.deleted()) {
          if (key.startsWith(QUESTIONS)) {
            forget(key.substring(QUESTIONS.length()), update.deleted());
          }
        }
      }
    }

    @Override
    public void onCompacted() {
      while (!closed) {
        try {
          follow(keys.list(PREFIX).revision());
          return;
        } catch (SharedKeysException e) {
          LOG.warn("questions of other control planes are not heard: {}", e.getMessage());
          rest();
        }
      }
    }
  }

  private static void rest() {
    try {
      TimeUnit.MILLISECONDS.sleep(RELIST_PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void take(SharedKeys.Entry entry) {
    String key = entry.key();
    if (key.startsWith(ANSWERS)) {
      String[] names = key.substring(ANSWERS.length()).split("/", 4);
      Round round = names.length == 4 ? rounds.get(names[0]) : null;
      if (round != null && names[2].matches("\\d{1,4}") && names[3].matches("\\d{1,4}")) {
        round.part(names[1], Integer.parseInt(names[2]), Integer.parseInt(names[3]), entry.value());
      }
    } else if (key.startsWith(QUESTIONS) && answering.tryAcquire()) {
      boolean started = false;
      try {
        Thread _ =
            Thread.ofVirtual()
                .name("heddle-peers")
                .start(() -> {
                  try {
                    reply(entry);
                  } finally {
                    answering.release();
                  }
                });
        started = true;
      } finally {
        if (!started) {
          answering.release();
        }
      }
    }
  }

  private void reply(SharedKeys.Entry entry) {
    String id = entry.key().substring(QUESTIONS.length());
    String prefix = ANSWERS + id + "/" + self + "/";
    try {
      String[] question = inflated(entry.value()).split("\n", 3);
      UnaryOperator<String> by = question.length == 3 ? topics.get(question[1]) : null;
      if (question[0].equals(self)) {
        return;
      }
      List<SharedKeys.Put> puts = new ArrayList<>();
      Optional<String> answer = by == null ? Optional.empty() : asked(by, question[2]);
      if (answer.isPresent()) {
        ByteString whole = deflated(answer.get());
        int count = Math.max(1, (whole.size() + PART - 1) / PART);
        for (int i = 0; i < count && count <= MOST_PARTS; i++) {
          ByteString part = whole.substring(i * PART, Math.min(whole.size(), (i + 1) * PART));
          puts.add(new SharedKeys.Put(prefix + i + "/" + count, part, lease.getAsLong()));
        }
      }
      if (puts.isEmpty()) {
        puts.add(new SharedKeys.Put(prefix + "0/0", ByteString.EMPTY, lease.getAsLong()));
      }
      List<SharedKeys.Condition> asked =
          List.of(new SharedKeys.Condition(entry.key(), entry.modified()));
      for (SharedKeys.Put put : puts) {
        if (keys.commit(asked, List.of(put)) == 0) {
          return; // nobody waits for it any more
        }
      }
    } catch (UncheckedIOException e) {
      LOG.warn("{}: is no question: {}", entry.key(), e.getMessage());
    } catch (SharedKeysException e) {
      LOG.warn("another control plane is not answered: {}", e.getMessage());
    }
  }

  /** Who asked is told that there is no answer, rather than to wait for one. */
  private static Optional<String> asked(UnaryOperator<String> by, String question) {
    try {
      return Optional.of(by.apply(question));
    } catch (RuntimeException e) {
      LOG.error("the question of another control plane cannot be answered", e);
      return Optional.empty();
    }
  }

  /** A question that nobody removed with its answers: whoever asked it is gone. */
  private void forget(String id, List<String> removed) {
    String own = ANSWERS + id + "/" + self + "/";
    if (removed.stream().anyMatch(key -> key.startsWith(ANSWERS + id))) {
      return;
    }
    Thread _ =
        Thread.ofVirtual()
            .start(() -> {
              try {
                if (!keys.list(own).entries().isEmpty()) {
                  keys.commit(
                      List.of(),
                      List.of(
                          new SharedKeys.DeleteRange(
                              own, own.substring(0, own.length() - 1) + "0")));
                }
              } catch (SharedKeysException e) {
                LOG.debug("an answer stays until this control plane is gone", e);
              }
            });
  }

  private static ByteString deflated(String text) {
    ByteString.Output packed = ByteString.newOutput();
    try (DeflaterOutputStream out = new DeflaterOutputStream(packed)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteString();
  }

  private static String inflated(ByteString bytes) {
    try (InflaterInputStream in = new InflaterInputStream(bytes.newInput())) {
      return new String(in.readNBytes(LARGEST_ANSWER), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void end(@Nullable AutoCloseable watch) {
    if (watch != null) {
      try {
        watch.close();
      } catch (Exception e) {
        LOG.warn("the watch of questions did not close well", e);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    end(watch);
  }
}
