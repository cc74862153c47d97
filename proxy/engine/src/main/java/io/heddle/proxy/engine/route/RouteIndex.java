package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.xds.model.RouteMatch.PathMatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one virtual host, found without trying those that cannot match.
 *
 * <p>Whole paths lie in a hash map, prefixes in a trie, regexes and templates in the same trie by
 * the text with which all that they match begins. Each place that the path leads to has its
 * candidates in the order of the table, and is left at the first that matches or that comes after
 * the best so far; so the first match of the whole table comes out. Immutable.
 */
final class RouteIndex {
  private static final int NOTHING = Integer.MAX_VALUE;

  private final CompiledRoute[] routes;
  private final RouteMatcher[] matchers;
  private final RegionMap<Candidates> exact;
  private final RegionMap<Candidates> exactFolded;
  private final boolean anyExact;
  private final boolean anyExactFolded;
  private final PathTrie trie = new PathTrie(false);
  private final PathTrie trieFolded = new PathTrie(true);
  private final boolean anyFolded;

  RouteIndex(CompiledRoute[] routes) {
    this.routes = routes;
    this.matchers = new RouteMatcher[routes.length];
    Map<String, List<Integer>> whole = new HashMap<>();
    Map<String, List<Integer>> wholeFolded = new HashMap<>();
    boolean folded = false;
    for (int i = 0; i < routes.length; i++) {
      matchers[i] = routes[i].matcher();
      boolean fold = !routes[i].config().match().caseSensitive();
      PathTrie prefixes = fold ? trieFolded : trie;
      switch (routes[i].config().match().path()) {
        case PathMatch.Exact one ->
            (fold ? wholeFolded : whole)
                .computeIfAbsent(fold ? lower(one.path()) : one.path(), _ -> new ArrayList<>())
                .add(i);
        case PathMatch.Prefix one -> {
          folded |= fold;
          prefixes.add(one.prefix(), false, i);
        }
        case PathMatch.PathSeparatedPrefix one -> {
          folded |= fold;
          prefixes.add(one.prefix(), true, i);
        }
        case PathMatch.Regex _ -> trie.add(matchers[i].shape().prefix(), false, i);
        case PathMatch.Template one -> trie.add(one.template().literalPrefix(), false, i);
        case PathMatch.Connect _ -> trie.add("", false, i);
      }
    }
    exact = candidates(whole, false);
    exactFolded = candidates(wholeFolded, true);
    anyExact = !whole.isEmpty();
    anyExactFolded = !wholeFolded.isEmpty();
    anyFolded = folded;
    trie.compile(matchers);
    trieFolded.compile(matchers);
  }

  private static String lower(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      out.append(RegionMap.lower(text.charAt(i)));
    }
    return out.toString();
  }

  private RegionMap<Candidates> candidates(Map<String, List<Integer>> from, boolean fold) {
    Map<String, Candidates> made = new HashMap<>();
    from.forEach((path, indices) -> {
      Candidates candidates = Candidates.of(indices, matchers);
      if (candidates != null) {
        made.put(path, candidates);
      }
    });
    return RegionMap.of(made, fold);
  }

  /** Routes in all. */
  int size() {
    return routes.length;
  }

  /** The first route that matches; {@code end} is where the path ends and a query may begin. */
  @Nullable CompiledRoute find(
      RequestHeaders request, Subject subject, String path, int end, long random) {
    int best = NOTHING;
    if (anyExact) {
      best = search(exact.get(path, 0, end), best, request, subject, path, end, random);
    }
    if (anyExactFolded) {
      best = search(exactFolded.get(path, 0, end), best, request, subject, path, end, random);
    }
    best = walk(trie, best, request, subject, path, end, random);
    if (anyFolded) {
      best = walk(trieFolded, best, request, subject, path, end, random);
    }
    return best == NOTHING ? null : routes[best];
  }

  private int walk(
      PathTrie along,
      int before,
      RequestHeaders request,
      Subject subject,
      String path,
      int end,
      long random) {
    int best = before;
    int at = 0;
    PathTrie.Node node = along.root();
    while (node != null) {
      best = search(node.begins, best, request, subject, path, end, random);
      if (node.separates != null && (at == end || path.charAt(at) == '/')) {
        best = search(node.separates, best, request, subject, path, end, random);
      }
      node = along.next(node, path, at, end);
      at += node == null ? 0 : node.edgeLength();
    }
    return best;
  }

  private int search(
      @Nullable Candidates candidates,
      int before,
      RequestHeaders request,
      Subject subject,
      String path,
      int end,
      long random) {
    if (candidates == null) {
      return before;
    }
    int best = first(candidates.plain, before, request, subject, path, end, random);
    for (Candidates.ByHeader one : candidates.headers) {
      List<String> values = request.all(one.name());
      for (int i = 0; i < values.size(); i++) {
        String value = values.get(i);
        int[] exactly = one.exact().get(value, 0, value.length());
        if (exactly != null) {
          best = first(exactly, best, request, subject, path, end, random);
        }
        for (Candidates.ByLength begins : one.beginnings()) {
          int[] some =
              begins.length() > value.length()
                  ? null
                  : begins.exact().get(value, 0, begins.length());
          if (some != null) {
            best = first(some, best, request, subject, path, end, random);
          }
        }
      }
      if (values.size() == 1) {
        best = first(one, values.getFirst(), best, request, subject, path, end, random);
      } else if (!values.isEmpty()) {
        best = first(one.others(), best, request, subject, path, end, random);
      }
    }
    for (Candidates.ByLength one : candidates.endings) {
      int[] exactly = one.length() > end ? null : one.exact().get(path, end - one.length(), end);
      if (exactly != null) {
        best = first(exactly, best, request, subject, path, end, random);
      }
    }
    for (Candidates.ByParameter one : candidates.parameters) {
      long span = RouteMatcher.parameter(one.name(), path, end);
      if (span >= 0) {
        int[] exactly = one.exact().get(path, (int) (span >>> 32), (int) span);
        if (exactly != null) {
          best = first(exactly, best, request, subject, path, end, random);
        }
      }
    }
    return best;
  }

  private int first(
      int[] indices,
      int best,
      RequestHeaders request,
      Subject subject,
      String path,
      int end,
      long random) {
    for (int index : indices) {
      if (index >= best) {
        return best;
      }
      if (matchers[index].matchesAlong(request, subject, path, end, random)) {
        return index;
      }
    }
    return best;
  }

  /** The same for those that ask something of a header, whose value is there already. */
  private int first(
      Candidates.ByHeader by,
      String value,
      int best,
      RequestHeaders request,
      Subject subject,
      String path,
      int end,
      long random) {
    for (int index : by.others()) {
      if (index >= best) {
        return best;
      }
      if (matchers[index].admits(by.name(), value)
          && matchers[index].matchesAlong(request, subject, path, end, random)) {
        return index;
      }
    }
    return best;
  }
}
