package io.heddle.proxy.engine.accesslog;

import com.google.protobuf.Value;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.proxy.engine.matcher.MetadataValues;
import io.heddle.proxy.engine.route.RouteMatcher;
import io.heddle.xds.model.AccessLogFilter;
import io.heddle.xds.model.AccessLogFilter.Comparison;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Says what is logged; compiled, immutable. */
@FunctionalInterface
public interface LogFilter {
  /** Everything. */
  LogFilter ALL = (subject, random) -> true;

  /** Whether this exchange or connection is logged. On its loop. */
  boolean passes(Subject subject, RandomGenerator random);

  /** Compiles a filter. */
  static LogFilter of(AccessLogFilter filter, RuntimeView runtime) {
    return switch (filter) {
      case AccessLogFilter.StatusCode(Comparison comparison) ->
          (subject, random) -> compare(subject.responseCode(), comparison, runtime);
      case AccessLogFilter.DurationMillis(Comparison comparison) ->
          (subject, random) -> compare(subject.durationNanos() / 1_000_000, comparison, runtime);
      case AccessLogFilter.NotHealthCheck _ -> (subject, random) -> !subject.healthCheck();
      // Nothing is traced here.
      case AccessLogFilter.Traceable _ -> (subject, random) -> false;
      case AccessLogFilter.Share(var key, var share) ->
          (subject, random) ->
              runtime.includes(key, share.numerator(), share.denominator(), random.nextLong());
      case AccessLogFilter.And(var filters) -> {
        LogFilter[] all = all(filters, runtime);
        yield (subject, random) -> {
          for (LogFilter each : all) {
            if (!each.passes(subject, random)) {
              return false;
            }
          }
          return true;
        };
      }
      case AccessLogFilter.Or(var filters) -> {
        LogFilter[] all = all(filters, runtime);
        yield (subject, random) -> {
          for (LogFilter each : all) {
            if (each.passes(subject, random)) {
              return true;
            }
          }
          return false;
        };
      }
      case AccessLogFilter.Header(var match) -> {
        HeaderName name = HeaderName.of(match.name());
        yield (subject, random) -> {
          RequestHeaders head = subject.requestHead();
          return head != null && RouteMatcher.header(name, match, head);
        };
      }
      case AccessLogFilter.ResponseFlags(var flags) -> {
        int bits = bits(flags);
        yield (subject, random) ->
            flags.isEmpty() ? subject.flagBits() != 0 : (subject.flagBits() & bits) != 0;
      }
      case AccessLogFilter.GrpcStatus(var statuses, boolean exclude) ->
          (subject, random) -> statuses.contains(grpcStatus(subject)) != exclude;
      case AccessLogFilter.LogType(var types, boolean exclude) ->
          (subject, random) -> types.contains(subject.logType()) != exclude;
      case AccessLogFilter.Metadata(var match, boolean passesAbsent) ->
          (subject, random) -> {
            Value value = subject.metadata(match.namespace(), match.path());
            return value == null
                ? passesAbsent
                : MetadataValues.matches(match.match(), value) != match.invert();
          };
    };
  }

  private static LogFilter[] all(List<AccessLogFilter> filters, RuntimeView runtime) {
    List<LogFilter> all = new ArrayList<>();
    for (AccessLogFilter each : filters) {
      all.add(of(each, runtime));
    }
    return all.toArray(new LogFilter[0]);
  }

  private static boolean compare(long number, Comparison with, RuntimeView runtime) {
    long value =
        with.runtimeKey().isEmpty()
            ? with.value()
            : runtime.integer(with.runtimeKey(), with.value());
    return switch (with.op()) {
      case EQ -> number == value;
      case GE -> number >= value;
      case LE -> number <= value;
    };
  }

  // Bits of a set.
  @SuppressWarnings("EnumOrdinal")
  private static int bits(Iterable<String> names) {
    int bits = 0;
    for (String name : names) {
      for (ResponseFlag flag : ResponseFlag.values()) {
        if (flag.code().equals(name)) {
          bits |= 1 << flag.ordinal();
        }
      }
    }
    return bits;
  }

  private static int grpcStatus(Subject subject) {
    int status = grpcStatus(subject.responseTrailers());
    if (status < 0) {
      status = grpcStatus(subject.responseHead());
    }
    return status >= 0 ? status : GrpcStatuses.ofHttp(subject.responseCode());
  }

  private static int grpcStatus(@Nullable HeaderMap headers) {
    if (headers == null) {
      return -1;
    }
    String text = headers.first(GrpcStatuses.HEADER).orElse("");
    try {
      return text.isEmpty() ? -1 : Integer.parseUnsignedInt(text);
    } catch (NumberFormatException notANumber) {
      return GrpcStatuses.UNKNOWN;
    }
  }
}
