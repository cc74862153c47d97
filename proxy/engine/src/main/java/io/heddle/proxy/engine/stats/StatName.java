package io.heddle.proxy.engine.stats;

import java.util.ArrayList;
import java.util.List;

/**
 * A statistic's name, and its form with the tags pulled out, as Envoy's tag extraction gives them.
 *
 * @param full {@code cluster.orders.upstream_rq_2xx}
 * @param extracted {@code cluster.upstream_rq_xx}
 * @param tags {@code envoy_cluster_name=orders}, {@code envoy_response_code_class=2}
 * @param cuts where in {@code full} the tags' text lies that is taken out
 */
public record StatName(String full, String extracted, List<Tag> tags, List<Cut> cuts) {
  static final StatName ROOT = of("", List.of());

  /** Copies the lists. */
  public StatName {
    tags = List.copyOf(tags);
    cuts = List.copyOf(cuts);
  }

  /** One tag, under the name that its label has. */
  public record Tag(String name, String value) {}

  /** A tag, and the part of the full name that it takes out; empty where that is none. */
  public record Cut(Tag tag, int from, int to) {}

  /** A name out of which these are cut; they may overlap. */
  static StatName of(String full, List<Cut> cuts) {
    List<Tag> tags = new ArrayList<>();
    boolean[] gone = new boolean[full.length()];
    for (Cut cut : cuts) {
      tags.add(cut.tag());
      for (int i = cut.from(); i < cut.to(); i++) {
        gone[i] = true;
      }
    }
    StringBuilder left = new StringBuilder(full.length());
    for (int i = 0; i < full.length(); i++) {
      if (!gone[i]) {
        left.append(full.charAt(i));
      }
    }
    return new StatName(full, left.toString(), tags, cuts);
  }

  StatName child(String leaf) {
    String joined = join(full, leaf);
    int at = leaf.lastIndexOf("_rq_");
    if (at >= 0 && leaf.length() == at + 7 && isDigit(leaf.charAt(at + 4))) {
      String code = leaf.substring(at + 4);
      int end = joined.length();
      if (code.endsWith("xx")) {
        Tag tag = new Tag("envoy_response_code_class", code.substring(0, 1));
        return of(joined, with(new Cut(tag, end - 3, end - 2)));
      }
      if (isDigit(code.charAt(1)) && isDigit(code.charAt(2))) {
        return of(joined, with(new Cut(new Tag("envoy_response_code", code), end - 4, end)));
      }
    }
    return of(joined, cuts);
  }

  StatName tagged(String segment, String tag, String value) {
    String joined = join(full, segment + "." + value);
    int end = joined.length();
    return of(joined, with(new Cut(new Tag(tag, value), end - value.length() - 1, end)));
  }

  private List<Cut> with(Cut cut) {
    List<Cut> all = new ArrayList<>(cuts);
    all.add(cut);
    return all;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static String join(String prefix, String name) {
    return prefix.isEmpty() ? name : prefix + "." + name;
  }
}
