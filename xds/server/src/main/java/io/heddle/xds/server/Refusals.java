package io.heddle.xds.server;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the client of one subscription refuses: the search for culprits, and what waits for the next
 * change because a search was given up. Owned by the stream's shard.
 */
final class Refusals {
  /**
   * What follows from a refusal.
   *
   * @param again names that are due again
   * @param culprit what was refused alone; null where that is not known yet
   * @param gaveUp whether the search is over without a culprit
   */
  record Verdict(List<String> again, @Nullable String culprit, boolean gaveUp) {}

  /** Names given up after too many refusals, until the content or the subscription changes. */
  private final Set<String> stalled = new LinkedHashSet<>();

  private String stalledBy = "";
  private @Nullable Isolation isolation;
  private boolean searching;
  private int trialsLeft;

  /** Whether a search is on. */
  boolean isolating() {
    return isolation != null;
  }

  boolean anyStalled() {
    return !stalled.isEmpty();
  }

  int stalledCount() {
    return stalled.size();
  }

  /** Why a name is not sent for now although no one refused it alone; null where it is not so. */
  @Nullable String stallOf(String name) {
    return stalled.contains(name) ? stalledBy : null;
  }

  void stall(Collection<String> names, String message) {
    stalled.addAll(names);
    stalledBy = message;
  }

  /** Hands over what waits for a change: one has come. */
  List<String> retry() {
    if (stalled.isEmpty()) {
      return List.of();
    }
    List<String> waiting = List.copyOf(stalled);
    stalled.clear();
    searching = false;
    return waiting;
  }

  /** What is to be tried next; empty when no search is on, or it has come to its end. */
  List<String> trial() {
    if (isolation == null) {
      return List.of();
    }
    List<String> trial = isolation.trial();
    if (trial.isEmpty()) {
      isolation = null;
    }
    return trial;
  }

  /** Nothing of what is to be tried is due any more. */
  void skipTrial() {
    if (isolation != null) {
      isolation.accepted();
    }
  }

  void isSent() {
    if (searching) {
      trialsLeft--;
    }
  }

  void accepted(boolean trial) {
    if (trial && isolation != null) {
      isolation.accepted();
    } else {
      searching = false;
    }
  }

  /**
   * Takes a refusal in.
   *
   * @param changed what was new in the response and is still asked for
   * @param repeated what else it carried
   * @param someLeft whether the client has dropped some of it since
   * @param careful whether what is left out of a response may be deleted by that
   */
  Verdict refused(
      List<String> changed,
      List<String> repeated,
      boolean someLeft,
      boolean trial,
      String message,
      boolean careful,
      int maxCulprits) {
    if (changed.isEmpty()) {
      stall(repeated, message);
      if (trial) {
        skipTrial();
      }
      return new Verdict(List.of(), null, false);
    }
    List<String> again = new ArrayList<>(repeated);
    if (!searching) {
      searching = true;
      int halvings = Integer.SIZE - Integer.numberOfLeadingZeros(changed.size());
      trialsLeft = (halvings + 2) * maxCulprits;
    }
    if (someLeft) {
      // The culprit may be a name that the client has dropped since: the others are tried anew.
      again.addAll(changed);
      endSearch(again);
    } else if (trial && isolation != null) {
      again.addAll(isolation.refused(changed, message));
    } else {
      isolation = Isolation.of(changed, message, careful);
    }
    if (changed.size() == 1 && !someLeft) {
      endSearch(again);
      return new Verdict(again, changed.getFirst(), false);
    }
    if (trialsLeft > 0) {
      return new Verdict(again, null, false);
    }
    List<String> suspects = new ArrayList<>();
    endSearch(suspects);
    stall(suspects, message);
    return new Verdict(again, null, true);
  }

  private void endSearch(List<String> suspects) {
    if (isolation != null) {
      suspects.addAll(isolation.suspects());
      isolation = null;
    }
  }
}
