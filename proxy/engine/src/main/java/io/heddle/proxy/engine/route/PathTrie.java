package io.heddle.proxy.engine.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The routes whose path begins with a text, found in one walk along the path. Immutable once {@link
 * #compile} has run.
 */
final class PathTrie {
  private final boolean fold;
  private final Node root = new Node("");

  /** One text, and what continues it. */
  static final class Node {
    private final String edge;
    private final Map<Character, Node> building = new TreeMap<>();
    private final List<Integer> beginning = new ArrayList<>();
    private final List<Integer> separating = new ArrayList<>();

    /** Routes whose path begins with the text to here. */
    @Nullable Candidates begins;

    /** Routes whose path is the text to here, or goes on with a slash. */
    @Nullable Candidates separates;

    private char[] firsts = new char[0];
    private Node[] children = new Node[0];

    Node(String edge) {
      this.edge = edge;
    }

    int edgeLength() {
      return edge.length();
    }

    private @Nullable Node child(char c) {
      char[] all = firsts;
      int low = 0;
      int high = all.length - 1;
      while (low <= high) {
        int middle = (low + high) >>> 1;
        if (all[middle] < c) {
          low = middle + 1;
        } else if (all[middle] > c) {
          high = middle - 1;
        } else {
          return children[middle];
        }
      }
      return null;
    }
  }

  PathTrie(boolean fold) {
    this.fold = fold;
  }

  /** Enters a route; {@code separated} says that only a slash may follow the text. */
  void add(String text, boolean separated, int route) {
    String key = fold ? folded(text) : text;
    Node node = at(root, key);
    (separated ? node.separating : node.beginning).add(route);
  }

  private static String folded(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      out.append(RegionMap.lower(text.charAt(i)));
    }
    return out.toString();
  }

  private static Node at(Node start, String key) {
    Node node = start;
    String rest = key;
    while (!rest.isEmpty()) {
      Node next = node.building.get(rest.charAt(0));
      if (next == null) {
        Node leaf = new Node(rest);
        node.building.put(rest.charAt(0), leaf);
        return leaf;
      }
      int common = common(rest, next.edge);
      if (common < next.edge.length()) {
        Node upper = new Node(next.edge.substring(0, common));
        Node lower = new Node(next.edge.substring(common));
        lower.building.putAll(next.building);
        lower.beginning.addAll(next.beginning);
        lower.separating.addAll(next.separating);
        upper.building.put(lower.edge.charAt(0), lower);
        node.building.put(rest.charAt(0), upper);
        next = upper;
      }
      node = next;
      rest = rest.substring(common);
    }
    return node;
  }

  private static int common(String a, String b) {
    int n = Math.min(a.length(), b.length());
    int i = 0;
    while (i < n && a.charAt(i) == b.charAt(i)) {
      i++;
    }
    return i;
  }

  /** Ends the building. */
  void compile(RouteMatcher[] routes) {
    compile(root, routes);
  }

  private static void compile(Node node, RouteMatcher[] routes) {
    node.begins = Candidates.of(node.beginning, routes);
    node.separates = Candidates.of(node.separating, routes);
    node.firsts = new char[node.building.size()];
    node.children = new Node[node.firsts.length];
    int i = 0;
    for (Map.Entry<Character, Node> child : node.building.entrySet()) {
      node.firsts[i] = child.getKey();
      node.children[i++] = child.getValue();
      compile(child.getValue(), routes);
    }
    node.building.clear();
    node.beginning.clear();
    node.separating.clear();
  }

  Node root() {
    return root;
  }

  /** The node whose text goes on from {@code node} along the path, or null at the last. */
  @Nullable Node next(Node node, String path, int at, int end) {
    if (at >= end) {
      return null;
    }
    char c = path.charAt(at);
    Node child = node.child(fold ? RegionMap.lower(c) : c);
    if (child == null || child.edge.length() > end - at) {
      return null;
    }
    boolean same =
        fold
            ? RegionMap.sameFolded(child.edge, 0, path, at, child.edge.length())
            : path.startsWith(child.edge, at);
    return same ? child : null;
  }
}
