package io.heddle.proxy.engine.stats;

import java.util.ArrayList;
import java.util.List;

/**
 * A statistic's name, and its form with the tags pulled out, as Envoy's tag extraction gives them.
 *
 * @param full {@code cluster.orders.upstream_rq_2xx}
 * @param extracted {@code cluster.upstream_rq_xx}
 * @param tags {@code envoy_cluster_name=orders}, {@code envoy_response_code_class=2}
 */
public record StatName(String full, String extracted, List<Tag> tags) {
  /** Copies the tags. */
  public StatName {
    tags = List.copyOf(tags);
  }

  /** One tag. */
  public record Tag(String name, String value) {}

  StatName child(String leaf) {
    String plain = leaf;
    List<Tag> all = tags;
    int at = leaf.lastIndexOf("_rq_");
    if (at >= 0 && leaf.length() == at + 7) {
      String code = leaf.substring(at + 4);
      if (isDigit(code.charAt(0)) && code.endsWith("xx")) {
        plain = leaf.substring(0, at + 4) + "xx";
        all = with(new Tag("envoy_response_code_class", code.substring(0, 1)));
      } else if (isDigit(code.charAt(0)) && isDigit(code.charAt(1)) && isDigit(code.charAt(2))) {
        plain = leaf.substring(0, at + 3);
        all = with(new Tag("envoy_response_code", code));
      }
    }
    return new StatName(join(full, leaf), join(extracted, plain), all);
  }

  StatName tagged(String segment, String tag, String value) {
    return new StatName(
        join(full, segment + "." + value), join(extracted, segment), with(new Tag(tag, value)));
  }

  private List<Tag> with(Tag tag) {
    List<Tag> all = new ArrayList<>(tags);
    all.add(tag);
    return all;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static String join(String prefix, String name) {
    return prefix.isEmpty() ? name : prefix + "." + name;
  }
}
