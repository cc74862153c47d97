package io.heddle.control.core.translate;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.xds.server.Scope;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What became different.
 *
 * @param declared scopes that are complete, perhaps empty
 * @param put resources that are new, or different in content or in what they embody
 * @param removed resources that are gone
 * @param verdicts on objects that are new or changed, or whose references did
 * @param gone objects that are gone
 */
public record Translation(
    Set<Scope> declared,
    List<Produced> put,
    List<Place> removed,
    Map<ObjectKey, Verdict> verdicts,
    Set<ObjectKey> gone) {
  /** Copies the collections. */
  public Translation {
    declared = Set.copyOf(declared);
    put = List.copyOf(put);
    removed = List.copyOf(removed);
    verdicts = Map.copyOf(verdicts);
    gone = Set.copyOf(gone);
  }
}
