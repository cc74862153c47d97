package io.heddle.proxy.engine.format;

import com.google.protobuf.Value;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.netty.buffer.ByteBufUtil;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Operators that few formats use; each makes strings where it has to. */
final class RareOperators {
  private static final HeaderName GRPC_STATUS = HeaderName.of("grpc-status");
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName REQUEST_ID = HeaderName.of("x-request-id");
  private static final HeaderName ORIGINAL_PATH = HeaderName.of("x-envoy-original-path");
  private static final String[] STATUSES = {
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated"
  };

  private RareOperators() {}

  /** The operator of this name, or null where there is none. */
  static Operators.@Nullable Known of(String name, @Nullable String argument) {
    if (argument == null) {
      return plain(name);
    }
    return switch (name) {
      case "REQ_WITHOUT_QUERY" -> string(withoutQuery(argument));
      case "PATH" -> string(path(argument));
      case "QUERY_PARAM" -> string(subject -> parameter(subject, argument));
      case "GRPC_STATUS" -> grpcStatus(argument);
      case "ENVIRONMENT" -> {
        String value = System.getenv(argument);
        yield string(_ -> value);
      }
      case "COMMON_DURATION" -> duration(argument);
      case "EMIT_TIME" -> new Operators.Known(new TimeFormat(argument, RareOperators::now), null);
      case "METADATA" -> metadata(argument);
      case "UPSTREAM_METADATA" -> hostMetadata(List.of(argument.split(":", -1)));
      case "CLUSTER_METADATA" ->
          metadata(Subject::clusterMetadata, List.of(argument.split(":", -1)));
      default -> null;
    };
  }

  private static Operators.@Nullable Known plain(String name) {
    return switch (name) {
      case "PATH" -> string(path("WQ"));
      case "GRPC_STATUS" -> grpcStatus("CAMEL_STRING");
      case "GRPC_STATUS_NUMBER" -> grpcStatus("NUMBER");
      case "RESPONSE_FLAGS_LONG" -> string(RareOperators::longFlags);
      case "STREAM_ID" -> string(RareOperators::requestId);
      case "CONNECTION_TERMINATION_DETAILS" ->
          string(s -> s.requestHead() == null ? s.responseCodeDetails() : null);
      case "ACCESS_LOG_TYPE" -> string(Subject::logType);
      case "LOCAL_REPLY_BODY" -> localReplyBody();
      case "UNIQUE_ID" -> string(_ -> uniqueId());
      case "EMIT_TIME" ->
          new Operators.Known(new TimeFormat(TimeFormat.DEFAULT, RareOperators::now), null);
      // Nothing is traced.
      case "TRACE_ID" -> string(_ -> null);
      case "VIRTUAL_CLUSTER_NAME" -> string(Subject::virtualCluster);
      case "UPSTREAM_PROTOCOL" -> string(Subject::upstreamProtocol);
      case "UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" -> string(s -> host(s.upstreamHost()));
      case "UPSTREAM_REMOTE_PORT" -> string(s -> port(s.upstreamHost()));
      case "UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT" ->
          string(s -> local(s.upstreamLocalAddress(), false));
      case "UPSTREAM_LOCAL_PORT" -> string(s -> local(s.upstreamLocalAddress(), true));
      case "DOWNSTREAM_REMOTE_PORT" ->
          string(s -> Integer.toString(s.connection().remoteAddress().getPort()));
      case "DOWNSTREAM_DIRECT_REMOTE_PORT" ->
          string(s -> Integer.toString(s.connection().directRemoteAddress().getPort()));
      case "DOWNSTREAM_WIRE_BYTES_RECEIVED" ->
          Operators.number(s -> s.downstreamBytes().received());
      case "DOWNSTREAM_WIRE_BYTES_SENT" -> Operators.number(s -> s.downstreamBytes().sent());
      case "DOWNSTREAM_HEADER_BYTES_RECEIVED" ->
          Operators.number(s -> s.downstreamBytes().headReceived());
      case "DOWNSTREAM_HEADER_BYTES_SENT" -> Operators.number(s -> s.downstreamBytes().headSent());
      case "UPSTREAM_WIRE_BYTES_RECEIVED" -> Operators.number(s -> s.upstreamBytes().received());
      case "UPSTREAM_WIRE_BYTES_SENT" -> Operators.number(s -> s.upstreamBytes().sent());
      case "UPSTREAM_HEADER_BYTES_RECEIVED" ->
          Operators.number(s -> s.upstreamBytes().headReceived());
      case "UPSTREAM_HEADER_BYTES_SENT" -> Operators.number(s -> s.upstreamBytes().headSent());
      default -> null;
    };
  }

  /** Nothing, and not a dash, where there is no body. */
  private static Operators.Known localReplyBody() {
    return new Operators.Known(
        (subject, out) -> {
          String body = subject.localReplyBody();
          if (body != null) {
            ByteBufUtil.writeUtf8(out, body);
          }
          return true;
        },
        null);
  }

  /** The moment of the entry, as the exchange sees it. */
  private static long now(Subject subject) {
    return subject.startEpochNanos() + subject.durationNanos();
  }

  /** A UUID of version 4, which nobody has to be unable to guess. */
  private static String uniqueId() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return new UUID(
            (random.nextLong() & ~0xf000L) | 0x4000L,
            (random.nextLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L)
        .toString();
  }

  private static Operators.Known metadata(String argument) {
    int colon = argument.indexOf(':');
    String kind = colon < 0 ? argument : argument.substring(0, colon);
    List<String> rest = List.of(argument.substring(colon + 1).split(":", -1));
    if (colon > 0 && kind.equals("DYNAMIC")) {
      return Operators.dynamicMetadata(rest);
    }
    return switch (colon > 0 ? kind : "") {
      case "UPSTREAM_HOST" -> hostMetadata(rest);
      case "CLUSTER" -> metadata(Subject::clusterMetadata, rest);
      case "ROUTE" -> metadata(Subject::routeMetadata, rest);
      case "VIRTUAL_HOST" -> metadata(Subject::virtualHostMetadata, rest);
      case "LISTENER" -> metadata(Subject::listenerMetadata, rest);
      case "LISTENER_FILTER_CHAIN" -> metadata(Subject::chainMetadata, rest);
      default ->
          throw new IllegalArgumentException(
              "%METADATA("
                  + argument
                  + ")% (expected: DYNAMIC, UPSTREAM_HOST, CLUSTER, ROUTE, VIRTUAL_HOST, LISTENER"
                  + " or LISTENER_FILTER_CHAIN, and a namespace)");
    };
  }

  private static Operators.Known hostMetadata(List<String> parts) {
    return metadata(Subject::hostMetadata, parts);
  }

  /** Whose metadata is asked for. */
  private interface Source {
    @Nullable Value of(Subject subject, String namespace, List<String> path);
  }

  private static Operators.Known metadata(Source source, List<String> parts) {
    List<String> path = parts.subList(1, parts.size());
    return Operators.metadata(subject -> source.of(subject, parts.getFirst(), path));
  }

  private static Operators.Known string(Function<Subject, @Nullable String> value) {
    return new Operators.Known(
        (subject, out) -> {
          String found = value.apply(subject);
          if (found == null || found.isEmpty()) {
            return false;
          }
          Text.write(found, out);
          return true;
        },
        false);
  }

  private static @Nullable String requestId(Subject subject) {
    RequestHeaders head = subject.requestHead();
    return head == null ? null : head.first(REQUEST_ID).orElse(null);
  }

  private static Function<Subject, @Nullable String> withoutQuery(String argument) {
    int alternative = argument.indexOf('?');
    HeaderName main =
        HeaderName.of(alternative < 0 ? argument : argument.substring(0, alternative));
    HeaderName other = alternative < 0 ? main : HeaderName.of(argument.substring(alternative + 1));
    return subject -> {
      RequestHeaders head = subject.requestHead();
      return head == null ? null : cut(head.first(main).or(() -> head.first(other)).orElse(""));
    };
  }

  private static String cut(String path) {
    int question = path.indexOf('?');
    return question < 0 ? path : path.substring(0, question);
  }

  private static Function<Subject, @Nullable String> path(String argument) {
    List<String> parts = List.of(argument.split(":", -1));
    String query = parts.getFirst();
    String which = parts.size() > 1 ? parts.get(1) : "ORIG_OR_PATH";
    if (parts.size() > 2
        || !List.of("WQ", "NQ", "").contains(query)
        || !List.of("ORIG", "PATH", "ORIG_OR_PATH").contains(which)) {
      throw new IllegalArgumentException(
          "%PATH(" + argument + ")% (expected: WQ or NQ, then ORIG, PATH or ORIG_OR_PATH)");
    }
    return subject -> {
      RequestHeaders head = subject.requestHead();
      if (head == null) {
        return null;
      }
      String original = head.first(ORIGINAL_PATH).orElse("");
      String chosen =
          switch (which) {
            case "ORIG" -> original;
            case "PATH" -> head.path();
            default -> original.isEmpty() ? head.path() : original;
          };
      return query.equals("NQ") ? cut(chosen) : chosen;
    };
  }

  private static @Nullable String parameter(Subject subject, String name) {
    RequestHeaders head = subject.requestHead();
    if (head == null) {
      return null;
    }
    String path = head.path();
    int at = path.indexOf('?') + 1;
    while (at > 0 && at < path.length()) {
      int end = path.indexOf('&', at);
      String pair = path.substring(at, end < 0 ? path.length() : end);
      int equals = pair.indexOf('=');
      if (pair.substring(0, equals < 0 ? pair.length() : equals).equals(name)) {
        return equals < 0 ? "" : pair.substring(equals + 1);
      }
      at = end + 1;
    }
    return null;
  }

  private static Operators.Known grpcStatus(String form) {
    if (!List.of("CAMEL_STRING", "SNAKE_STRING", "NUMBER").contains(form)) {
      throw new IllegalArgumentException(
          "%GRPC_STATUS(" + form + ")% (expected: CAMEL_STRING, SNAKE_STRING or NUMBER)");
    }
    return new Operators.Known(
        (subject, out) -> {
          int status = grpcStatus(subject);
          if (status < 0) {
            return false;
          }
          if (form.equals("NUMBER") || status >= STATUSES.length) {
            Text.number(status, out);
          } else if (form.equals("SNAKE_STRING")) {
            Text.write(
                STATUSES[status].replaceAll("([a-z])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT),
                out);
          } else {
            Text.write(STATUSES[status], out);
          }
          return true;
        },
        form.equals("NUMBER"));
  }

  /** The status of a gRPC request, -1 of another. */
  private static int grpcStatus(Subject subject) {
    RequestHeaders head = subject.requestHead();
    if (head == null || !head.first(CONTENT_TYPE).orElse("").startsWith("application/grpc")) {
      return -1;
    }
    OptionalInt said = grpcStatusSaid(subject);
    return said.isPresent() ? said.getAsInt() : grpcStatusOf(subject.responseCode());
  }

  /** The status that trailers or headers say. */
  static OptionalInt grpcStatusSaid(Subject subject) {
    int status = number(subject.responseTrailers());
    if (status < 0) {
      status = number(subject.responseHead());
    }
    return status < 0 ? OptionalInt.empty() : OptionalInt.of(status);
  }

  /** What an HTTP status stands for. */
  static int grpcStatusOf(int httpStatus) {
    return switch (httpStatus) {
      case 200 -> 0;
      case 400 -> 13;
      case 401 -> 16;
      case 403 -> 7;
      case 404 -> 12;
      case 429, 502, 503, 504 -> 14;
      default -> 2;
    };
  }

  private static int number(@Nullable HeaderMap headers) {
    if (headers == null) {
      return -1;
    }
    try {
      String text = headers.first(GRPC_STATUS).orElse("");
      return text.isEmpty() ? -1 : Math.max(-1, Integer.parseInt(text));
    } catch (NumberFormatException notANumber) {
      return 2;
    }
  }

  // Bits of a set.
  @SuppressWarnings("EnumOrdinal")
  private static String longFlags(Subject subject) {
    StringBuilder names = new StringBuilder();
    for (ResponseFlag flag : ResponseFlag.values()) {
      if ((subject.flagBits() & 1 << flag.ordinal()) != 0) {
        names.append(names.isEmpty() ? "" : ",");
        for (String word : flag.name().split("_", -1)) {
          names.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
      }
    }
    return names.isEmpty() ? "-" : names.toString();
  }

  private static @Nullable String host(@Nullable String address) {
    if (address == null) {
      return null;
    }
    String host = address.substring(0, Math.max(0, address.lastIndexOf(':')));
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static @Nullable String port(@Nullable String address) {
    return address == null ? null : address.substring(address.lastIndexOf(':') + 1);
  }

  private static @Nullable String local(@Nullable InetSocketAddress address, boolean port) {
    if (address == null) {
      return null;
    }
    return port ? Integer.toString(address.getPort()) : Operators.addressText(address, false);
  }

  private static Operators.Known duration(String argument) {
    List<String> parts = List.of(argument.split(":", -1));
    if (parts.size() < 2 || parts.size() > 3) {
      throw new IllegalArgumentException(
          "%COMMON_DURATION(" + argument + ")% (expected: START:END:PRECISION)");
    }
    ToLongFunction<Subject> from = moment(parts.get(0));
    ToLongFunction<Subject> to = moment(parts.get(1));
    long unit =
        switch (parts.size() == 3 ? parts.get(2) : "ms") {
          case "ms" -> 1_000_000;
          case "us" -> 1_000;
          case "ns" -> 1;
          default ->
              throw new IllegalArgumentException(
                  "%COMMON_DURATION(" + argument + ")% (expected: ms, us or ns)");
        };
    return new Operators.Known(
        (subject, out) -> {
          long begin = from.applyAsLong(subject);
          long end = to.applyAsLong(subject);
          if (begin < 0 || end < begin) {
            return false;
          }
          Text.number((end - begin) / unit, out);
          return true;
        },
        true);
  }

  private static ToLongFunction<Subject> moment(String name) {
    return switch (name) {
      case "DS_RX_BEG" -> subject -> 0;
      case "DS_RX_END" -> Subject::requestDurationNanos;
      case "US_RX_BEG" -> Subject::responseDurationNanos;
      case "DS_TX_END" -> Subject::durationNanos;
      default ->
          throw new IllegalArgumentException(
              "%COMMON_DURATION("
                  + name
                  + ")% (expected: DS_RX_BEG, DS_RX_END, US_RX_BEG or"
                  + " DS_TX_END)");
    };
  }
}
