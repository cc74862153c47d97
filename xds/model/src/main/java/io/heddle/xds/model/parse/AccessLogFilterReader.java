package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.accesslog.v3.ComparisonFilter;
import io.envoyproxy.envoy.config.accesslog.v3.RuntimeFilter;
import io.heddle.xds.model.AccessLogFilter;
import io.heddle.xds.model.AccessLogFilter.Comparison;
import io.heddle.xds.model.Fraction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the filters of access logs; what cannot be read is told and left out. */
final class AccessLogFilterReader {

  /** How deep filters may stand in each other. */
  private static final int DEEPEST = 16;

  private final Findings findings;

  AccessLogFilterReader(Findings findings) {
    this.findings = findings;
  }

  Optional<AccessLogFilter> read(
      io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter filter, Path path) {
    return read(filter, path, 0);
  }

  private Optional<AccessLogFilter> read(
      io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter filter, Path path, int depth) {
    if (depth > DEEPEST) {
      findings.error(path, "filters " + depth + " deep", "at most " + DEEPEST);
      return Optional.empty();
    }
    return switch (filter.getFilterSpecifierCase()) {
      case STATUS_CODE_FILTER ->
          comparison(
                  filter.getStatusCodeFilter().getComparison(),
                  path.field("status_code_filter").field("comparison"))
              .map(AccessLogFilter.StatusCode::new);
      case DURATION_FILTER ->
          comparison(
                  filter.getDurationFilter().getComparison(),
                  path.field("duration_filter").field("comparison"))
              .map(AccessLogFilter.DurationMillis::new);
      case NOT_HEALTH_CHECK_FILTER -> Optional.of(new AccessLogFilter.NotHealthCheck());
      case TRACEABLE_FILTER -> Optional.of(new AccessLogFilter.Traceable());
      case RUNTIME_FILTER ->
          Optional.of(share(filter.getRuntimeFilter(), path.field("runtime_filter")));
      case AND_FILTER ->
          Optional.of(
              new AccessLogFilter.And(
                  all(filter.getAndFilter().getFiltersList(), path.field("and_filter"), depth)));
      case OR_FILTER ->
          Optional.of(
              new AccessLogFilter.Or(
                  all(filter.getOrFilter().getFiltersList(), path.field("or_filter"), depth)));
      case HEADER_FILTER ->
          Optional.of(
              new AccessLogFilter.Header(
                  new MatchReader(findings)
                      .header(
                          filter.getHeaderFilter().getHeader(),
                          path.field("header_filter").field("header"))));
      case RESPONSE_FLAG_FILTER ->
          Optional.of(
              new AccessLogFilter.ResponseFlags(
                  Set.copyOf(filter.getResponseFlagFilter().getFlagsList())));
      case GRPC_STATUS_FILTER -> {
        Set<Integer> statuses = new HashSet<>(filter.getGrpcStatusFilter().getStatusesValueList());
        yield Optional.of(
            new AccessLogFilter.GrpcStatus(statuses, filter.getGrpcStatusFilter().getExclude()));
      }
      case LOG_TYPE_FILTER -> {
        Set<String> types = new HashSet<>();
        filter.getLogTypeFilter().getTypesList().forEach(type -> types.add(type.name()));
        yield Optional.of(
            new AccessLogFilter.LogType(types, filter.getLogTypeFilter().getExclude()));
      }
      case METADATA_FILTER ->
          Optional.of(
              new AccessLogFilter.Metadata(
                  new ValueReader(findings, new MatchReader(findings))
                      .metadata(
                          filter.getMetadataFilter().getMatcher(),
                          path.field("metadata_filter").field("matcher")),
                  !filter.getMetadataFilter().hasMatchIfKeyNotFound()
                      || filter.getMetadataFilter().getMatchIfKeyNotFound().getValue()));
      // Refused where fields are checked.
      case EXTENSION_FILTER -> Optional.empty();
      case FILTERSPECIFIER_NOT_SET -> {
        findings.error(path, "no filter", "one of its kinds");
        yield Optional.empty();
      }
    };
  }

  private List<AccessLogFilter> all(
      List<io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter> filters, Path path, int depth) {
    if (filters.size() < 2) {
      findings.error(path.field("filters"), filters.size() + " filters", "at least two");
    }
    List<AccessLogFilter> read = new ArrayList<>();
    for (int i = 0; i < filters.size(); i++) {
      read(filters.get(i), path.at("filters", i), depth + 1).ifPresent(read::add);
    }
    return read;
  }

  private Optional<Comparison> comparison(ComparisonFilter comparison, Path path) {
    if (!comparison.hasValue()) {
      findings.error(path.field("value"), "no value", "a value to compare with");
      return Optional.empty();
    }
    Comparison.Op op =
        switch (comparison.getOp()) {
          case EQ -> Comparison.Op.EQ;
          case GE -> Comparison.Op.GE;
          case LE -> Comparison.Op.LE;
          case UNRECOGNIZED -> {
            findings.error(
                path.field("op"), Integer.toString(comparison.getOpValue()), "EQ, GE or LE");
            yield Comparison.Op.EQ;
          }
        };
    return Optional.of(
        new Comparison(
            op,
            Integer.toUnsignedLong(comparison.getValue().getDefaultValue()),
            comparison.getValue().getRuntimeKey()));
  }

  private AccessLogFilter share(RuntimeFilter filter, Path path) {
    findings.required(filter.getRuntimeKey(), path.field("runtime_key"));
    Fraction share =
        !filter.hasPercentSampled()
            ? new Fraction(0, 100)
            : new Fraction(
                Integer.toUnsignedLong(filter.getPercentSampled().getNumerator()),
                switch (filter.getPercentSampled().getDenominator()) {
                  case HUNDRED -> 100;
                  case TEN_THOUSAND -> 10_000;
                  case MILLION -> 1_000_000;
                  case UNRECOGNIZED -> {
                    findings.error(
                        path.field("percent_sampled").field("denominator"),
                        Integer.toString(filter.getPercentSampled().getDenominatorValue()),
                        "HUNDRED, TEN_THOUSAND or MILLION");
                    yield 100;
                  }
                });
    return new AccessLogFilter.Share(filter.getRuntimeKey(), share);
  }
}
