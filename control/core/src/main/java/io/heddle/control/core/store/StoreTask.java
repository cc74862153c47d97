package io.heddle.control.core.store;

import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.api.store.WriteResult;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Something that waits for the writer thread. */
sealed interface StoreTask {
  /** A write; its answer comes after it is durable. */
  record Write(
      List<Mutation> mutations, WriteContext context, CompletableFuture<WriteResult> answer)
      implements StoreTask {}

  /**
   * Notes; their answer comes after they are durable, or when they are not to be.
   *
   * @param expected what other notes must say
   * @param at the revision that must be the newest one; negative for any
   */
  record Note(
      Map<String, String> expected,
      Map<String, String> changes,
      long at,
      CompletableFuture<Boolean> answer)
      implements StoreTask {}

  /** Anything else that needs the file. */
  record Call(Runnable work, CompletableFuture<Boolean> answer) implements StoreTask {}

  /** The last task. */
  enum Stop implements StoreTask {
    STOP
  }
}
