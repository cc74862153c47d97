package io.heddle.proxy.filters.headertometadata;

import io.heddle.proxy.api.StatsScope;

/** The counters {@code http_filter_name.<stat_prefix>.*}, those of one direction and the shared. */
record RuleStats(
    StatsScope.Counter processed,
    StatsScope.Counter added,
    StatsScope.Counter notFound,
    StatsScope.Counter badBase64,
    StatsScope.Counter tooLong,
    StatsScope.Counter emptied) {
  static RuleStats of(StatsScope scope, String prefix, String direction) {
    StatsScope mine = scope.scope("http_filter_name").scope(prefix);
    return new RuleStats(
        mine.counter(direction + "_rules_processed"),
        mine.counter(direction + "_metadata_added"),
        mine.counter(direction + "_header_not_found"),
        mine.counter("base64_decode_failed"),
        mine.counter("header_value_too_long"),
        mine.counter("regex_substitution_failed"));
  }
}
