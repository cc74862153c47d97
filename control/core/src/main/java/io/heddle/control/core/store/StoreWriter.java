package io.heddle.control.core.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.api.store.WriteResult;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes. It takes all writes that wait, up to {@value #GROUP}, plans each
 * against what the ones before it in the group did, and pays for one commit and two syncs for all
 * of them. Only then does it publish the new state and answer.
 *
 * <p>After a failure of the disk nothing is known of what is durable, so that every later task is
 * answered with that failure, until the store is closed and opened again.
 */
final class StoreWriter implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreWriter.class);
  private static final int GROUP = 256;

  private final BlockingQueue<StoreTask> tasks;
  private final DurableObjects durable;
  private final Function<ObjectKey, Optional<ResourceObject>> state;
  private final UnaryOperator<String> notes;
  private final Publisher publisher;
  private final InstantSource clock;
  private final Supplier<UUID> uids;
  private @Nullable StoreException failure;

  StoreWriter(
      BlockingQueue<StoreTask> tasks,
      DurableObjects durable,
      Function<ObjectKey, Optional<ResourceObject>> state,
      UnaryOperator<String> notes,
      Publisher publisher,
      InstantSource clock,
      Supplier<UUID> uids) {
    this.tasks = tasks;
    this.durable = durable;
    this.state = state;
    this.notes = notes;
    this.publisher = publisher;
    this.clock = clock;
    this.uids = uids;
  }

  /** Is told of writes that are durable, and of the failure after which there will be none. */
  interface Publisher {
    void publish(List<CommittedWrite> writes);

    void noted(Map<String, String> changes);

    void failed(StoreException failure);
  }

  /** A write that will be answered with this when the group is durable. */
  private record Answer(CompletableFuture<WriteResult> to, WriteResult result) {}

  @Override
  public void run() {
    List<StoreTask> group = new ArrayList<>();
    boolean running = true;
    while (running) {
      group.clear();
      try {
        group.add(tasks.take());
      } catch (InterruptedException e) {
        // Nobody has this thread to interrupt it; if somebody does, only close() ends it.
        LOG.warn("The store's writer was interrupted and goes on", e);
        continue;
      }
      tasks.drainTo(group, GROUP - 1);
      running = !group.contains(StoreTask.Stop.STOP);
      handle(group);
    }
    closeFiles();
  }

  private void handle(List<StoreTask> group) {
    Group work = new Group(durable.revision());
    try {
      for (StoreTask task : group) {
        switch (task) {
          case StoreTask.Write write -> plan(write, work);
          case StoreTask.Note note -> note(note, work);
          case StoreTask.Call call -> call(call);
          case StoreTask.Stop _ -> {
            // The last task of its group.
          }
        }
      }
      if (failure == null && !work.writes.isEmpty()) {
        durable.commit(work.writes);
        publisher.publish(List.copyOf(work.writes));
      }
      if (failure == null && !work.notes.isEmpty()) {
        durable.note(work.noted);
        publisher.noted(work.noted);
      }
    } catch (RuntimeException | IOException | Error e) {
      fail(e); // whatever it was, what is durable is not known any more
    }
    StoreException failed = failure;
    if (failed != null) {
      group.forEach(task -> refuse(task, failed));
      return;
    }
    work.answers.forEach(answer -> answer.to().complete(answer.result()));
    work.notes.forEach(note -> note.answer().complete(true));
    try {
      durable.rewriteWhenDue();
    } catch (RuntimeException | IOException | Error e) {
      fail(e);
    }
  }

  private static void refuse(StoreTask task, StoreException failed) {
    switch (task) {
      case StoreTask.Write write -> write.answer().completeExceptionally(failed);
      case StoreTask.Note note -> note.answer().completeExceptionally(failed);
      case StoreTask.Call call -> call.answer().completeExceptionally(failed);
      case StoreTask.Stop _ -> {
        // Nobody waits for it.
      }
    }
  }

  /** What a group has done so far, on top of what is durable. */
  private static final class Group {
    final Map<ObjectKey, Optional<ResourceObject>> overlay = new HashMap<>();
    final List<CommittedWrite> writes = new ArrayList<>();
    final List<Answer> answers = new ArrayList<>();
    final List<StoreTask.Note> notes = new ArrayList<>();
    final Map<String, String> noted = new LinkedHashMap<>();
    long revision;

    Group(long revision) {
      this.revision = revision;
    }
  }

  private void plan(StoreTask.Write write, Group group) {
    Instant now = clock.instant();
    WritePlan plan =
        WritePlan.of(
            write.mutations(),
            key -> {
              Optional<ResourceObject> changed = group.overlay.get(key);
              return changed == null ? state.apply(key) : changed;
            },
            group.revision + 1,
            now,
            uids);
    if (!plan.conflicts().isEmpty()) {
      group.answers.add(new Answer(write.answer(), new WriteResult.Refused(plan.conflicts())));
      return;
    }
    boolean dryRun = write.context().dryRun();
    if (!dryRun && !plan.changes().isEmpty()) {
      group.revision++;
      group.writes.add(new CommittedWrite(group.revision, now, write.context(), plan.changes()));
      for (Change change : plan.changes()) {
        group.overlay.put(
            change.key(),
            switch (change) {
              case Change.Create create -> Optional.of(create.after());
              case Change.Replace replace -> Optional.of(replace.after());
              case Change.Remove _ -> Optional.empty();
            });
      }
    }
    Revision revision = new Revision(String.valueOf(group.revision));
    group.answers.add(
        new Answer(write.answer(), new WriteResult.Applied(revision, plan.outcomes(), dryRun)));
  }

  private void note(StoreTask.Note note, Group group) {
    boolean holds = note.at() < 0 || note.at() == group.revision;
    for (Map.Entry<String, String> each : note.expected().entrySet()) {
      String name = each.getKey();
      String now = group.noted.containsKey(name) ? group.noted.get(name) : notes.apply(name);
      holds &= each.getValue().equals(now);
    }
    if (holds) {
      group.noted.putAll(note.changes());
      group.notes.add(note);
    } else if (failure == null) {
      note.answer().complete(false);
    }
  }

  private void call(StoreTask.Call call) {
    if (failure != null) {
      return; // refused with its group
    }
    try {
      call.work().run();
      call.answer().complete(true);
    } catch (StoreException e) {
      call.answer().completeExceptionally(e);
    }
  }

  private void fail(Throwable cause) {
    StoreException failed =
        new StoreException(
            "The store's disk failed, and nothing more is written ("
                + cause.getMessage()
                + "); mend the disk and restart the control plane",
            cause);
    failure = failed;
    LOG.error(failed.getMessage(), cause);
    publisher.failed(failed);
  }

  private void closeFiles() {
    try {
      if (failure == null) {
        durable.close();
      } else {
        durable.abandon();
      }
    } catch (MVStoreException | StoreException e) {
      // Everything acknowledged was synced before; what failed here is only the tidying up.
      LOG.warn("The store did not close cleanly", e);
    }
  }
}
