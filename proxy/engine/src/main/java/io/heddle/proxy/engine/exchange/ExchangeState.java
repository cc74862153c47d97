package io.heddle.proxy.engine.exchange;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.DynamicMetadata;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HttpFilterContext.Timer;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What filters put down for an exchange or a connection: state, metadata, timers, calls. Made when
 * the first filter asks. Owned by the event loop.
 */
public final class ExchangeState implements FilterState, DynamicMetadata, AsyncHttpClient {
  private static final Logger LOG = LoggerFactory.getLogger(ExchangeState.class);

  private final Worker worker;
  private final Clusters clusters;
  private final Map<String, Entry> values = new HashMap<>();
  private final Map<String, Map<String, Value>> metadata = new HashMap<>();
  private final List<Task> tasks = new ArrayList<>();
  private final List<AsyncCall> calls = new ArrayList<>();
  private boolean ended;

  private record Entry(Class<?> type, Object value) {}

  /** Nothing yet. */
  public ExchangeState(Worker worker, Clusters clusters) {
    this.worker = worker;
    this.clusters = clusters;
  }

  private static final class Task extends Deadline implements Timer {
    private final ExchangeState owner;
    private final Runnable action;

    Task(ExchangeState owner, Runnable action) {
      this.owner = owner;
      this.action = action;
    }

    @Override
    protected void expired() {
      owner.tasks.remove(this);
      try {
        action.run();
      } catch (RuntimeException failure) {
        LOG.warn("A task of a filter failed", failure);
      }
    }

    @Override
    public void cancel() {
      owner.worker.wheel().remove(this);
      owner.tasks.remove(this);
    }
  }

  /** Runs a task after a delay, unless the exchange is over by then. */
  public Timer schedule(Duration delay, Runnable action) {
    Task task = new Task(this, action);
    if (!ended) {
      tasks.add(task);
      worker.wheel().arm(task, delay.toNanos());
    }
    return task;
  }

  /** The exchange is over: nothing is called any more. */
  public void cancelAll() {
    ended = true;
    for (Task task : tasks) {
      worker.wheel().remove(task);
    }
    tasks.clear();
    for (AsyncCall call : List.copyOf(calls)) {
      call.cancel();
    }
    calls.clear();
  }

  @Override
  public Call send(Request request, ResponseHandler handler) {
    AsyncCall call = new AsyncCall(worker, clusters, request, handler, calls::remove);
    if (ended) {
      call.cancel();
    } else {
      calls.add(call);
      call.start();
    }
    return call;
  }

  @Override
  public <T> void put(Key<T> key, T value) {
    Entry before = values.get(key.name());
    if (before != null && before.type() != key.type()) {
      throw new IllegalArgumentException(
          "filter state " + key.name() + ": " + key.type() + " (expected: " + before.type() + ")");
    }
    values.put(key.name(), new Entry(key.type(), value));
  }

  @Override
  public <T> Optional<T> get(Key<T> key) {
    Entry entry = values.get(key.name());
    return entry == null || entry.type() != key.type()
        ? Optional.empty()
        : Optional.of(key.type().cast(entry.value()));
  }

  @Nullable String text(String name) {
    Entry entry = values.get(name);
    return entry == null ? null : String.valueOf(entry.value());
  }

  @Override
  public void put(String namespace, String key, Value value) {
    metadata.computeIfAbsent(namespace, _ -> new HashMap<>()).put(key, value);
  }

  @Override
  public Optional<Struct> get(String namespace) {
    return Optional.ofNullable(metadata(namespace));
  }

  @Nullable Struct metadata(String namespace) {
    Map<String, Value> fields = metadata.get(namespace);
    return fields == null ? null : Struct.newBuilder().putAllFields(fields).build();
  }
}
