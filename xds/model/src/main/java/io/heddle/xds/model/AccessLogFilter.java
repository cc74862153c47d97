package io.heddle.xds.model;

import io.heddle.xds.model.RouteMatch.HeaderMatch;
import java.util.List;
import java.util.Set;

/**
 * Which exchanges or connections are logged ({@code envoy.config.accesslog.v3.AccessLogFilter}).
 */
public sealed interface AccessLogFilter {
  /** The response's status; 0 where there was none. */
  record StatusCode(Comparison comparison) implements AccessLogFilter {}

  /** Milliseconds from the beginning to the end. */
  record DurationMillis(Comparison comparison) implements AccessLogFilter {}

  /** What no filter called a health check. */
  record NotHealthCheck() implements AccessLogFilter {}

  /** What is traced. */
  record Traceable() implements AccessLogFilter {}

  /** A share, which a runtime key may change. */
  record Share(String runtimeKey, Fraction share) implements AccessLogFilter {}

  /** All of them. */
  record And(List<AccessLogFilter> filters) implements AccessLogFilter {
    public And {
      filters = List.copyOf(filters);
    }
  }

  /** One of them. */
  record Or(List<AccessLogFilter> filters) implements AccessLogFilter {
    public Or {
      filters = List.copyOf(filters);
    }
  }

  /** A request header. */
  record Header(HeaderMatch header) implements AccessLogFilter {}

  /**
   * Response flags.
   *
   * @param flags Envoy's short names, one of which has to be set; empty for any at all
   */
  record ResponseFlags(Set<String> flags) implements AccessLogFilter {
    public ResponseFlags {
      flags = Set.copyOf(flags);
    }
  }

  /** The gRPC status, or that which the HTTP status stands for. */
  record GrpcStatus(Set<Integer> statuses, boolean exclude) implements AccessLogFilter {
    public GrpcStatus {
      statuses = Set.copyOf(statuses);
    }
  }

  /** Kinds of entries, by the names of {@code envoy.data.accesslog.v3.AccessLogType}. */
  record LogType(Set<String> types, boolean exclude) implements AccessLogFilter {
    public LogType {
      types = Set.copyOf(types);
    }
  }

  /**
   * A value of dynamic metadata.
   *
   * @param passesAbsent whether an entry without that value is written
   */
  record Metadata(RouteMatch.MetadataMatch match, boolean passesAbsent)
      implements AccessLogFilter {}

  /**
   * A number against a value.
   *
   * @param runtimeKey may give another value; empty for none
   */
  record Comparison(Op op, long value, String runtimeKey) {
    /** How they are compared. */
    public enum Op {
      EQ,
      GE,
      LE
    }
  }
}
