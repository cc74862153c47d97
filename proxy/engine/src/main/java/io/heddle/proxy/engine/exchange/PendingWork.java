package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.HttpFilterContext.Timer;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The timers and calls of one filter of an exchange, or of the filters of a connection; nothing of
 * it is called after {@link #end}. Owned by the event loop.
 */
public final class PendingWork implements AsyncHttpClient {
  private final Worker worker;
  private final Clusters clusters;
  private final Consumer<RuntimeException> failed;
  private final List<Task> tasks = new ArrayList<>();
  private final List<AsyncCall> calls = new ArrayList<>();
  private boolean ended;

  /** Nothing yet; what a task or a handler throws goes to {@code failed}. */
  public PendingWork(Worker worker, Clusters clusters, Consumer<RuntimeException> failed) {
    this.worker = worker;
    this.clusters = clusters;
    this.failed = failed;
  }

  private static final class Task extends Deadline implements Timer {
    private final PendingWork owner;
    private final Runnable action;

    Task(PendingWork owner, Runnable action) {
      this.owner = owner;
      this.action = action;
    }

    @Override
    protected void expired() {
      owner.tasks.remove(this);
      try {
        action.run();
      } catch (RuntimeException failure) {
        owner.failed.accept(failure);
      }
    }

    @Override
    public void cancel() {
      owner.worker.wheel().remove(this);
      owner.tasks.remove(this);
    }
  }

  /** Runs a task after a delay, unless the end comes first. */
  public Timer schedule(Duration delay, Runnable action) {
    Task task = new Task(this, action);
    if (!ended) {
      tasks.add(task);
      worker.wheel().arm(task, delay.toNanos());
    }
    return task;
  }

  @Override
  public Call send(Request request, ResponseHandler handler) {
    AsyncCall call = new AsyncCall(worker, clusters, request, handler, calls::remove, failed);
    if (ended) {
      call.cancel();
    } else {
      calls.add(call);
      call.start();
    }
    return call;
  }

  /** Whoever this belongs to is over: nothing is called any more. */
  public void end() {
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
}
