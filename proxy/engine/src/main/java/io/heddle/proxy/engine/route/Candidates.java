package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.engine.route.RouteMatcher.Discriminator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Routes that one place in an index leads to, in the order of the table. Where there are many,
 * those that ask for a header or a query parameter are found by its value. Immutable.
 */
final class Candidates {
  /** So few are tried one by one. */
  private static final int FEW = 4;

  private static final int[] NONE = {};

  /** Without a header or parameter to find them by. */
  final int[] plain;

  /** By a header's value. */
  final ByHeader[] headers;

  /** By a query parameter's value. */
  final ByParameter[] parameters;

  /**
   * Routes that ask for one header.
   *
   * @param beginnings that ask for a value that begins so, by the length of that
   * @param others that ask for more, or for something else
   */
  // Compared by nobody.
  @SuppressWarnings("ArrayRecordComponent")
  record ByHeader(HeaderName name, RegionMap<int[]> exact, ByLength[] beginnings, int[] others) {}

  /** Routes that ask for one value of one query parameter. */
  record ByParameter(String name, RegionMap<int[]> exact) {}

  /** By the path's end. */
  final ByLength[] endings;

  /** Routes that ask for a text of this length, at one end of another. */
  record ByLength(int length, RegionMap<int[]> exact) {}

  private Candidates(
      int[] plain, ByHeader[] headers, ByParameter[] parameters, ByLength[] endings) {
    this.endings = endings;
    this.plain = plain;
    this.headers = headers;
    this.parameters = parameters;
  }

  /** Null where there are none. */
  static @Nullable Candidates of(List<Integer> indices, RouteMatcher[] routes) {
    if (indices.isEmpty()) {
      return null;
    }
    int[] sorted = indices.stream().mapToInt(Integer::intValue).sorted().toArray();
    if (sorted.length <= FEW) {
      return new Candidates(sorted, new ByHeader[0], new ByParameter[0], new ByLength[0]);
    }
    Map<Discriminator, Integer> uses = new HashMap<>();
    for (int index : sorted) {
      for (Discriminator one : routes[index].discriminators()) {
        uses.merge(one, 1, Integer::sum);
      }
    }
    List<Integer> plain = new ArrayList<>();
    Map<String, Map<String, List<Integer>>> exactHeaders = new TreeMap<>();
    Map<String, List<Integer>> otherHeaders = new TreeMap<>();
    Map<String, Map<Integer, Map<String, List<Integer>>>> beginnings = new TreeMap<>();
    Map<String, Map<String, List<Integer>>> parameters = new TreeMap<>();
    Map<Integer, Map<String, List<Integer>>> endings = new TreeMap<>();
    for (int index : sorted) {
      switch (rarest(routes[index].discriminators(), uses)) {
        case Discriminator.Header one ->
            exactHeaders
                .computeIfAbsent(one.name(), _ -> new TreeMap<>())
                .computeIfAbsent(one.value(), _ -> new ArrayList<>())
                .add(index);
        case Discriminator.HeaderBegins one ->
            beginnings
                .computeIfAbsent(one.name(), _ -> new TreeMap<>())
                .computeIfAbsent(one.value().length(), _ -> new TreeMap<>())
                .computeIfAbsent(one.value(), _ -> new ArrayList<>())
                .add(index);
        case Discriminator.SomeHeader one ->
            otherHeaders.computeIfAbsent(one.name(), _ -> new ArrayList<>()).add(index);
        case Discriminator.Parameter one ->
            parameters
                .computeIfAbsent(one.name(), _ -> new TreeMap<>())
                .computeIfAbsent(one.value(), _ -> new ArrayList<>())
                .add(index);
        case Discriminator.Ending one ->
            endings
                .computeIfAbsent(one.text().length(), _ -> new TreeMap<>())
                .computeIfAbsent(one.text(), _ -> new ArrayList<>())
                .add(index);
        case Discriminator.Nothing _ -> plain.add(index);
      }
    }
    TreeMap<String, List<Integer>> names = new TreeMap<>(otherHeaders);
    exactHeaders.keySet().forEach(name -> names.putIfAbsent(name, List.of()));
    beginnings.keySet().forEach(name -> names.putIfAbsent(name, List.of()));
    List<ByHeader> byHeader = new ArrayList<>();
    names.forEach((name, others) ->
        byHeader.add(
            new ByHeader(
                HeaderName.of(name),
                values(exactHeaders.getOrDefault(name, Map.of())),
                lengths(beginnings.getOrDefault(name, Map.of())),
                array(others))));
    List<ByParameter> byParameter = new ArrayList<>();
    parameters.forEach((name, values) -> byParameter.add(new ByParameter(name, values(values))));
    return new Candidates(
        array(plain),
        byHeader.toArray(new ByHeader[0]),
        byParameter.toArray(new ByParameter[0]),
        lengths(endings));
  }

  private static Discriminator rarest(List<Discriminator> all, Map<Discriminator, Integer> uses) {
    Discriminator best = Discriminator.Nothing.NOTHING;
    int least = Integer.MAX_VALUE;
    for (Discriminator one : all) {
      // A value tells more than that there is one.
      int weight =
          Objects.requireNonNull(uses.get(one))
              + (one instanceof Discriminator.SomeHeader ? 1 << 29 : 0);
      if (weight < least) {
        least = weight;
        best = one;
      }
    }
    return best;
  }

  private static ByLength[] lengths(Map<Integer, Map<String, List<Integer>>> from) {
    List<ByLength> made = new ArrayList<>();
    from.forEach((length, values) -> made.add(new ByLength(length, values(values))));
    return made.toArray(new ByLength[0]);
  }

  private static RegionMap<int[]> values(Map<String, List<Integer>> from) {
    Map<String, int[]> arrays = new HashMap<>();
    from.forEach((value, indices) -> arrays.put(value, array(indices)));
    return RegionMap.of(arrays, false);
  }

  private static int[] array(List<Integer> indices) {
    return indices.isEmpty()
        ? NONE
        : Arrays.copyOf(indices.stream().mapToInt(Integer::intValue).toArray(), indices.size());
  }
}
