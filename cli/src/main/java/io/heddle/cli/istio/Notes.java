package io.heddle.cli.istio;

import io.heddle.cli.output.Finding;
import java.util.ArrayList;
import java.util.List;

/** What could not be carried over, or not as it was, in the order of the documents. */
public final class Notes {
  private final List<Finding> found = new ArrayList<>();

  Notes() {}

  void leftOut(String where, String why) {
    found.add(Finding.IMPORT_LEFT_OUT.about(where, why));
  }

  void changed(String where, String how) {
    found.add(Finding.IMPORT_CHANGED.about(where, how));
  }

  void kind(String where, String why) {
    found.add(Finding.IMPORT_KIND.about(where, why));
  }

  /** All of them. */
  public List<Finding> all() {
    return List.copyOf(found);
  }
}
