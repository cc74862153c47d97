package io.heddle.proxy.engine.stats;

import com.google.re2j.Matcher;
import io.heddle.proxy.engine.stats.StatName.Cut;
import io.heddle.proxy.engine.stats.StatName.Tag;
import io.heddle.xds.model.StatsConfig;
import io.heddle.xds.model.StatsConfig.BucketRule;
import io.heddle.xds.model.StatsConfig.TagRule;
import java.util.ArrayList;
import java.util.List;

/**
 * What the bootstrap's {@code stats_config} makes of a statistic: its tags, whether it is shown,
 * and the bounds of its buckets. Asked once a statistic, when that is made. Immutable.
 */
final class StatNaming {
  private static final double[] BOUNDS = {
    0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000,
    1800000, 3600000
  };

  /** What nobody is shown begins with it. */
  static final String UNSEEN = "-";

  private final StatsConfig config;

  StatNaming(StatsConfig config) {
    this.config = config;
  }

  /** The name with the configured tags. */
  StatName finish(StatName raw) {
    if (config.defaultTags() && config.tags().isEmpty()) {
      return raw;
    }
    List<Cut> cuts = new ArrayList<>();
    for (Cut cut : raw.cuts()) {
      if (config.defaultTags() || named(cut.tag().name())) {
        cuts.add(cut);
      }
    }
    for (TagRule rule : config.tags()) {
      switch (rule) {
        case TagRule.Fixed fixed ->
            cuts.add(new Cut(new Tag(label(fixed.tag()), fixed.value()), 0, 0));
        case TagRule.ByRegex regex -> add(regex, raw.full(), cuts);
        case TagRule.Default _ -> {}
      }
    }
    return StatName.of(raw.full(), cuts);
  }

  private static void add(TagRule.ByRegex rule, String full, List<Cut> cuts) {
    Matcher matcher = rule.pattern().matcher(full);
    if (!matcher.find() || matcher.start(1) < 0) {
      return;
    }
    String value = matcher.groupCount() > 1 ? matcher.group(2) : matcher.group(1);
    if (value != null) {
      cuts.add(new Cut(new Tag(label(rule.tag()), value), matcher.start(1), matcher.end(1)));
    }
  }

  private boolean named(String label) {
    for (TagRule rule : config.tags()) {
      if (rule instanceof TagRule.Default && label(rule.tag()).equals(label)) {
        return true;
      }
    }
    return false;
  }

  /** Prometheus takes letters, digits and underscores. */
  private static String label(String tag) {
    StringBuilder out = new StringBuilder(tag.length());
    for (int i = 0; i < tag.length(); i++) {
      char c = tag.charAt(i);
      out.append(c < 128 && Character.isLetterOrDigit(c) ? c : '_');
    }
    return out.toString();
  }

  boolean shows(String full) {
    return !full.startsWith(UNSEEN + ".") && config.selection().keeps(full);
  }

  double[] bounds(String full) {
    for (BucketRule rule : config.buckets()) {
      if (rule.name().matches(full)) {
        return rule.bounds().stream().mapToDouble(Double::doubleValue).toArray();
      }
    }
    return BOUNDS.clone();
  }
}
