package io.heddle.proxy.engine.balance;

import io.heddle.xds.model.StructValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What a route asks of its endpoints' {@code envoy.lb} metadata ({@code
 * envoy.config.route.v3.RouteAction.metadata_match}). Made once for a route; immutable.
 */
public final class MetadataCriteria {
  private static final String FALLBACK_LIST = "fallback_list";

  /** Asks nothing. */
  public static final MetadataCriteria NONE = new MetadataCriteria(List.of());

  private final List<Criterion> criteria;
  private final List<MetadataCriteria> alternatives;

  /** One metadata key and the value that it must have. */
  public record Criterion(String name, StructValue value) {}

  private MetadataCriteria(List<Criterion> criteria) {
    this.criteria = criteria.stream().sorted(Comparator.comparing(Criterion::name)).toList();
    List<MetadataCriteria> found = new ArrayList<>();
    for (Criterion criterion : this.criteria) {
      if (criterion.name().equals(FALLBACK_LIST)
          && criterion.value() instanceof StructValue.Items(List<StructValue> items)) {
        MetadataCriteria others =
            new MetadataCriteria(
                this.criteria.stream().filter(c -> !c.name().equals(FALLBACK_LIST)).toList());
        for (StructValue item : items) {
          if (item instanceof StructValue.Fields fields) {
            found.add(others.and(of(fields)));
          }
        }
      }
    }
    alternatives = List.copyOf(found);
  }

  /** What these fields ask. */
  public static MetadataCriteria of(StructValue.Fields fields) {
    List<Criterion> criteria = new ArrayList<>();
    for (Map.Entry<String, StructValue> field : fields.values().entrySet()) {
      criteria.add(new Criterion(field.getKey(), field.getValue()));
    }
    return criteria.isEmpty() ? NONE : new MetadataCriteria(criteria);
  }

  /** Sorted by name. */
  public List<Criterion> criteria() {
    return criteria;
  }

  /** What is asked instead, one after the other, where the criteria have a fallback list. */
  List<MetadataCriteria> alternatives() {
    return alternatives;
  }

  /** Both together; where they differ {@code stronger} counts, as a weighted cluster's does. */
  public MetadataCriteria and(MetadataCriteria stronger) {
    if (criteria.isEmpty()) {
      return stronger;
    }
    List<Criterion> merged = new ArrayList<>(stronger.criteria());
    for (Criterion criterion : criteria) {
      if (stronger.criteria().stream().noneMatch(c -> c.name().equals(criterion.name()))) {
        merged.add(criterion);
      }
    }
    return new MetadataCriteria(merged);
  }

  /**
   * Whether these metadata have all that is asked.
   *
   * @param listAsAny whether a list in the metadata stands for any of its values
   */
  public boolean fits(StructValue.Fields metadata, boolean listAsAny) {
    for (int i = 0; i < criteria.size(); i++) {
      Criterion criterion = criteria.get(i);
      StructValue value = metadata.values().get(criterion.name());
      boolean fits =
          criterion.value().equals(value)
              || (listAsAny
                  && value instanceof StructValue.Items(List<StructValue> any)
                  && any.contains(criterion.value()));
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MetadataCriteria that && criteria.equals(that.criteria);
  }

  @Override
  public int hashCode() {
    return criteria.hashCode();
  }

  @Override
  public String toString() {
    return criteria.toString();
  }
}
