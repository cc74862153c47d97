package io.heddle.xds.model;

import com.google.re2j.Pattern;
import java.util.List;

/**
 * How statistics are named, picked and bucketed ({@code envoy.config.metrics.v3.StatsConfig}).
 *
 * @param tags rules beside the default ones, in order
 * @param defaultTags whether the default tags are pulled out of names; true where nothing is said
 * @param buckets bounds of histograms; the first whose name matches counts
 */
public record StatsConfig(
    List<TagRule> tags, boolean defaultTags, Selection selection, List<BucketRule> buckets) {

  /** Envoy's defaults. */
  public static final StatsConfig DEFAULT =
      new StatsConfig(List.of(), true, Selection.All.ALL, List.of());

  public StatsConfig {
    tags = List.copyOf(tags);
    buckets = List.copyOf(buckets);
  }

  /** One tag, by name. */
  public sealed interface TagRule {
    /** The tag's name in Prometheus' labels. */
    String tag();

    /** Every statistic gets this value. */
    record Fixed(String tag, String value) implements TagRule {}

    /**
     * The first group is taken out of the name; the second, or the first where there is no second,
     * is the value.
     */
    record ByRegex(String tag, Pattern pattern) implements TagRule {}

    /** A default tag, asked for by its name. */
    record Default(String tag) implements TagRule {}
  }

  /** Which statistics are shown. */
  public sealed interface Selection {
    enum All implements Selection {
      ALL
    }

    enum None implements Selection {
      NONE
    }

    /** Those whose whole name matches one of these. */
    record Only(List<StringMatch> names) implements Selection {
      public Only {
        names = List.copyOf(names);
      }
    }

    /** All but those whose whole name matches one of these. */
    record Without(List<StringMatch> names) implements Selection {
      public Without {
        names = List.copyOf(names);
      }
    }

    /** Whether a statistic of this full name is kept. */
    default boolean keeps(String name) {
      return switch (this) {
        case All _ -> true;
        case None _ -> false;
        case Only only -> any(only.names(), name);
        case Without without -> !any(without.names(), name);
      };
    }

    private static boolean any(List<StringMatch> matches, String name) {
      for (StringMatch match : matches) {
        if (match.matches(name)) {
          return true;
        }
      }
      return false;
    }
  }

  /**
   * Bounds of the buckets of the histograms that match.
   *
   * @param bounds upper bounds, ascending, each above zero
   */
  public record BucketRule(StringMatch name, List<Double> bounds) {
    public BucketRule {
      bounds = List.copyOf(bounds);
    }
  }
}
