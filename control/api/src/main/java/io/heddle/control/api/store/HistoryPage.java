package io.heddle.control.api.store;

import java.util.List;

/**
 * Past writes, newest first; the changes of one write follow each other in their order.
 *
 * @param changes those that were asked for
 * @param newest the revision that the store is at
 * @param oldest the oldest write that is kept; {@link Revision#NONE} where none is
 * @param more whether older ones are kept that were asked for
 */
public record HistoryPage(
    List<HistoryEntry> changes, Revision newest, Revision oldest, boolean more) {
  public HistoryPage {
    changes = List.copyOf(changes);
  }
}
