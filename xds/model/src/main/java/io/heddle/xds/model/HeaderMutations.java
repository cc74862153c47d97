package io.heddle.xds.model;

import java.util.List;

/**
 * What one level of a route table does to headers: removals first, then additions.
 *
 * @param remove names in lower case
 */
public record HeaderMutations(List<Addition> add, List<String> remove) {

  /** Leaves headers alone. */
  public static final HeaderMutations NONE = new HeaderMutations(List.of(), List.of());

  public HeaderMutations {
    add = List.copyOf(add);
    remove = List.copyOf(remove);
  }

  /** Whether there is nothing to do. */
  public boolean isEmpty() {
    return add.isEmpty() && remove.isEmpty();
  }

  /**
   * A header to add.
   *
   * @param name in lower case
   * @param value with command operators ({@code %REQ(X)%}), to be compiled once by the engine
   * @param keepEmpty whether a value that comes out empty is added all the same
   */
  public record Addition(String name, String value, AppendAction action, boolean keepEmpty) {}

  /** What happens where the header is there already. */
  public enum AppendAction {
    APPEND_IF_EXISTS_OR_ADD,
    ADD_IF_ABSENT,
    OVERWRITE_IF_EXISTS_OR_ADD,
    OVERWRITE_IF_EXISTS
  }
}
