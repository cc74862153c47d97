package io.heddle.proxy.engine.balance;

import io.heddle.xds.model.StructValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What a route asks of its endpoints' {@code envoy.lb} metadata ({@code
 * envoy.config.route.v3.RouteAction.metadata_match}). Made once for a route.
 *
 * @param criteria sorted by name
 */
public record MetadataCriteria(List<Criterion> criteria) {
  /** Asks nothing. */
  public static final MetadataCriteria NONE = new MetadataCriteria(List.of());

  /** One metadata key and the value that it must have. */
  public record Criterion(String name, StructValue value) {}

  public MetadataCriteria {
    criteria = criteria.stream().sorted(Comparator.comparing(Criterion::name)).toList();
  }

  /** What these fields ask. */
  public static MetadataCriteria of(StructValue.Fields fields) {
    List<Criterion> criteria = new ArrayList<>();
    for (Map.Entry<String, StructValue> field : fields.values().entrySet()) {
      criteria.add(new Criterion(field.getKey(), field.getValue()));
    }
    return new MetadataCriteria(criteria);
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
}
