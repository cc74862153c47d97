package io.heddle.xds.model.parse;

import com.google.re2j.Pattern;
import io.envoyproxy.envoy.config.metrics.v3.HistogramBucketSettings;
import io.envoyproxy.envoy.config.metrics.v3.StatsConfig;
import io.envoyproxy.envoy.config.metrics.v3.StatsMatcher;
import io.envoyproxy.envoy.config.metrics.v3.TagSpecifier;
import io.envoyproxy.envoy.type.matcher.v3.ListStringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.heddle.xds.model.StatsConfig.BucketRule;
import io.heddle.xds.model.StatsConfig.Selection;
import io.heddle.xds.model.StatsConfig.TagRule;
import io.heddle.xds.model.StringMatch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Reads {@code stats_config} of a bootstrap. */
final class StatsConfigReader {

  /** The tags that {@code engine/stats} pulls out of names by default, under Envoy's names. */
  static final Set<String> DEFAULT_TAGS =
      Set.of(
          "envoy.cluster_name",
          "envoy.http_conn_manager_prefix",
          "envoy.listener_address",
          "envoy.response_code",
          "envoy.response_code_class",
          "envoy.tcp_prefix");

  private final Findings findings;
  private final MatchReader matches;

  StatsConfigReader(Findings findings) {
    this.findings = findings;
    this.matches = new MatchReader(findings);
  }

  io.heddle.xds.model.StatsConfig read(StatsConfig config, Path path) {
    List<TagRule> tags = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < config.getStatsTagsCount(); i++) {
      Path here = path.at("stats_tags", i);
      TagSpecifier tag = config.getStatsTags(i);
      if (!names.add(tag.getTagName())) {
        findings.error(here.field("tag_name"), tag.getTagName(), "a name used by one rule");
      }
      tag(tag, here, tags);
    }
    List<BucketRule> buckets = new ArrayList<>();
    for (int i = 0; i < config.getHistogramBucketSettingsCount(); i++) {
      buckets.add(
          buckets(config.getHistogramBucketSettings(i), path.at("histogram_bucket_settings", i)));
    }
    boolean defaults = !config.hasUseAllDefaultTags() || config.getUseAllDefaultTags().getValue();
    Selection selection =
        config.hasStatsMatcher()
            ? selection(config.getStatsMatcher(), path.field("stats_matcher"))
            : Selection.All.ALL;
    return new io.heddle.xds.model.StatsConfig(tags, defaults, selection, buckets);
  }

  private void tag(TagSpecifier tag, Path path, List<TagRule> tags) {
    String name = findings.required(tag.getTagName(), path.field("tag_name"));
    switch (tag.getTagValueCase()) {
      case FIXED_VALUE -> tags.add(new TagRule.Fixed(name, tag.getFixedValue()));
      case REGEX -> {
        if (tag.getRegex().isEmpty()) {
          byDefault(name, path, tags);
          return;
        }
        Pattern pattern =
            matches.regex(RegexMatcher.newBuilder().setRegex(tag.getRegex()).build(), path);
        if (pattern.groupCount() < 1 && !findings.failed()) {
          findings.error(path.field("regex"), tag.getRegex(), "a regex with at least one group");
          return;
        }
        tags.add(new TagRule.ByRegex(name, pattern));
      }
      case TAGVALUE_NOT_SET -> byDefault(name, path, tags);
    }
  }

  private void byDefault(String name, Path path, List<TagRule> tags) {
    if (DEFAULT_TAGS.contains(name)) {
      tags.add(new TagRule.Default(name));
    } else {
      findings.error(
          path.field("tag_name"), name, "a default tag, such as envoy.cluster_name, or a regex");
    }
  }

  private Selection selection(StatsMatcher matcher, Path path) {
    return switch (matcher.getStatsMatcherCase()) {
      case REJECT_ALL -> matcher.getRejectAll() ? Selection.None.NONE : Selection.All.ALL;
      case EXCLUSION_LIST ->
          new Selection.Without(strings(matcher.getExclusionList(), path.field("exclusion_list")));
      case INCLUSION_LIST ->
          new Selection.Only(strings(matcher.getInclusionList(), path.field("inclusion_list")));
      case STATSMATCHER_NOT_SET -> {
        findings.error(path, "nothing", "reject_all, exclusion_list or inclusion_list");
        yield Selection.All.ALL;
      }
    };
  }

  private List<StringMatch> strings(ListStringMatcher list, Path path) {
    List<StringMatch> read = new ArrayList<>();
    for (int i = 0; i < list.getPatternsCount(); i++) {
      read.add(matches.string(list.getPatterns(i), path.at("patterns", i)));
    }
    if (read.isEmpty()) {
      findings.error(path.field("patterns"), "none", "at least one pattern");
    }
    return read;
  }

  private BucketRule buckets(HistogramBucketSettings settings, Path path) {
    StringMatch name = matches.string(settings.getMatch(), path.field("match"));
    TreeSet<Double> bounds = new TreeSet<>();
    for (int i = 0; i < settings.getBucketsCount(); i++) {
      double bound = settings.getBuckets(i);
      if (!(bound > 0) || Double.isInfinite(bound) || !bounds.add(bound)) {
        findings.error(
            path.at("buckets", i), Double.toString(bound), "a number above zero, named once");
      }
    }
    if (bounds.isEmpty()) {
      findings.error(path.field("buckets"), "none", "at least one bound");
    }
    return new BucketRule(name, List.copyOf(bounds));
  }
}
