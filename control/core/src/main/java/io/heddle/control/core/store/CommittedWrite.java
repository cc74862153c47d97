package io.heddle.control.core.store;

import io.heddle.control.api.store.WriteContext;
import java.time.Instant;
import java.util.List;

/** A write that changes something, with the revision that it makes. */
record CommittedWrite(long revision, Instant at, WriteContext context, List<Change> changes) {
  CommittedWrite {
    changes = List.copyOf(changes);
  }
}
