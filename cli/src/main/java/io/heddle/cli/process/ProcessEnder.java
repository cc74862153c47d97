package io.heddle.cli.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Ends processes: asks first, insists after a while. Signals only what is proved to be ours. */
public final class ProcessEnder {
  private static final Duration LAST_PATIENCE = Duration.ofSeconds(5);

  private final Duration patience;

  /**
   * @param patience how long a process may take after it was asked
   */
  public ProcessEnder(Duration patience) {
    this.patience = patience;
  }

  /** Ends the recorded processes that still run, together; answers with their names. */
  public List<String> end(List<RunRecord> records) {
    Map<String, ProcessHandle> alive = new LinkedHashMap<>();
    for (RunRecord record : records) {
      if (ProcessIdentity.alive(record)) {
        ProcessHandle.of(record.pid()).ifPresent(handle -> alive.put(record.name(), handle));
      }
    }
    endAll(alive.values().stream().toList());
    return List.copyOf(alive.keySet());
  }

  /** Ends whatever carries the mark of a state folder; answers with their process ids. */
  public List<Long> endMarked(Path state) {
    List<ProcessHandle> alive = new ArrayList<>();
    for (long pid : ProcessIdentity.marked(state)) {
      ProcessHandle.of(pid).ifPresent(alive::add);
    }
    endAll(alive);
    return alive.stream().map(ProcessHandle::pid).toList();
  }

  /** The handles were taken while the identity was proved, and the JDK checks the start again. */
  private void endAll(List<ProcessHandle> handles) {
    handles.forEach(ProcessHandle::destroy);
    List<ProcessHandle> stubborn = await(handles, patience);
    stubborn.forEach(ProcessHandle::destroyForcibly);
    await(stubborn, LAST_PATIENCE);
  }

  private static List<ProcessHandle> await(List<ProcessHandle> handles, Duration patience) {
    CompletableFuture<?> all =
        CompletableFuture.allOf(
            handles.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new));
    try {
      all.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return List.of();
    } catch (TimeoutException e) {
      return handles.stream().filter(ProcessHandle::isAlive).toList();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return handles.stream().filter(ProcessHandle::isAlive).toList();
    } catch (ExecutionException e) {
      throw new IllegalStateException("waiting for a process failed", e);
    }
  }
}
