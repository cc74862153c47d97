package io.heddle.control.api.store;

import java.util.List;

/**
 * Hears of changes, on a dispatcher thread of the store. Blocking delays only this listener, until
 * it has fallen so far behind that it is relisted; an exception ends its watch.
 */
public interface StoreListener {
  /** Forget what was heard; this is what there is. */
  void onRelist(Listing listing);

  /**
   * Changes in order, whole writes only.
   *
   * @param revision the state after them
   */
  void onEvents(List<StoreEvent> events, Revision revision);
}
