package io.heddle.proxy.engine.format;

import com.google.protobuf.Value;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.codec.Head;
import io.netty.buffer.ByteBuf;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The operators by name. */
// Identity is meant.
@SuppressWarnings("ReferenceEquality")
final class Operators {
  private static final ResponseFlag[] FLAGS = ResponseFlag.values();

  private Operators() {}

  /**
   * An operator.
   *
   * @param json writes what stands alone in a value of JSON; null where that is text
   */
  record Known(Operator operator, @Nullable Operator json) {
    /** {@code numeric}: it stands for a number, which JSON writes without quotes. */
    Known(Operator operator, boolean numeric) {
      this(operator, numeric ? operator : null);
    }
  }

  /**
   * The operator of this name.
   *
   * @param argument what stands in parentheses; null without
   * @throws IllegalArgumentException names an operator that is not known, or its wrong argument
   */
  static Known of(String name, @Nullable String argument, ExpressionLanguage language) {
    if (ExpressionOperators.named(name)) {
      return ExpressionOperators.of(name, argument, language);
    }
    Known rare = RareOperators.of(name, argument);
    if (rare != null) {
      return rare;
    }
    Known tls = TlsOperators.of(name, argument);
    if (tls != null) {
      return tls;
    }
    return switch (name) {
      case "REQ" -> text(header(needed(name, argument), Subject::requestHead));
      case "RESP" -> text(header(needed(name, argument), Subject::responseHead));
      case "TRAILER" -> text(header(needed(name, argument), Subject::responseTrailers));
      case "DYNAMIC_METADATA" -> dynamicMetadata(List.of(needed(name, argument).split(":", -1)));
      case "FILTER_STATE" -> text(filterState(needed(name, argument)));
      case "START_TIME" ->
          text(
              new TimeFormat(
                  argument == null ? TimeFormat.DEFAULT : argument, Subject::startEpochNanos));
      default -> {
        if (argument != null) {
          throw new IllegalArgumentException("%" + name + "(" + argument + ")% is not supported");
        }
        yield plain(name);
      }
    };
  }

  private static Known plain(String name) {
    return switch (name) {
      case "RESPONSE_CODE" -> number(Subject::responseCode);
      case "BYTES_RECEIVED" -> number(Subject::bytesReceived);
      case "BYTES_SENT" -> number(Subject::bytesSent);
      case "DURATION" -> millis(Subject::durationNanos);
      case "REQUEST_DURATION" -> millis(Subject::requestDurationNanos);
      case "RESPONSE_DURATION" -> millis(Subject::responseDurationNanos);
      case "RESPONSE_TX_DURATION" -> millis(Operators::responseTxNanos);
      case "UPSTREAM_REQUEST_ATTEMPT_COUNT" -> number(Subject::attempts);
      case "CONNECTION_ID" -> number(subject -> subject.connection().id());
      case "DOWNSTREAM_LOCAL_PORT" -> number(s -> s.connection().localAddress().getPort());
      case "RESPONSE_FLAGS" -> text(Operators::flags);
      case "PROTOCOL" -> string(Subject::protocol);
      case "RESPONSE_CODE_DETAILS" -> string(Subject::responseCodeDetails);
      case "UPSTREAM_HOST", "UPSTREAM_REMOTE_ADDRESS" -> string(Subject::upstreamHost);
      case "UPSTREAM_CLUSTER", "UPSTREAM_CLUSTER_RAW" -> string(Subject::upstreamCluster);
      case "UPSTREAM_TRANSPORT_FAILURE_REASON" -> string(s -> word(s.upstreamFailure()));
      case "DOWNSTREAM_TRANSPORT_FAILURE_REASON" -> string(s -> word(s.downstreamFailure()));
      case "UPSTREAM_LOCAL_ADDRESS" -> address(Subject::upstreamLocalAddress, true);
      case "ROUTE_NAME" -> string(Subject::routeName);
      case "VIRTUAL_HOST_NAME" -> string(Subject::virtualHostName);
      case "REQUESTED_SERVER_NAME" -> string(s -> s.connection().serverName().orElse(null));
      case "DOWNSTREAM_REMOTE_ADDRESS" -> address(s -> s.connection().remoteAddress(), true);
      case "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" ->
          address(s -> s.connection().remoteAddress(), false);
      case "DOWNSTREAM_DIRECT_REMOTE_ADDRESS" ->
          address(s -> s.connection().directRemoteAddress(), true);
      case "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT" ->
          address(s -> s.connection().directRemoteAddress(), false);
      case "DOWNSTREAM_LOCAL_ADDRESS" -> address(s -> s.connection().localAddress(), true);
      case "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT" ->
          address(s -> s.connection().localAddress(), false);
      case "HOSTNAME" -> {
        String host = hostname();
        yield string(_ -> host);
      }
      default -> throw new IllegalArgumentException("%" + name + "% is not supported");
    };
  }

  /** One word, so that a line of text keeps its columns. */
  private static @Nullable String word(@Nullable String reason) {
    return reason == null ? null : reason.replace(' ', '_');
  }

  private static String needed(String name, @Nullable String argument) {
    if (argument == null || argument.isEmpty()) {
      throw new IllegalArgumentException("%" + name + "% needs an argument in parentheses");
    }
    return argument;
  }

  private static Known text(Operator operator) {
    return new Known(operator, false);
  }

  static Known number(ToLongFunction<Subject> value) {
    return new Known(
        (subject, out) -> {
          Text.number(value.applyAsLong(subject), out);
          return true;
        },
        true);
  }

  private static Known millis(ToLongFunction<Subject> nanos) {
    return new Known(
        (subject, out) -> {
          long value = nanos.applyAsLong(subject);
          if (value < 0) {
            return false;
          }
          Text.number(value / 1_000_000, out);
          return true;
        },
        true);
  }

  private static long responseTxNanos(Subject subject) {
    long first = subject.responseDurationNanos();
    return first < 0 ? -1 : subject.durationNanos() - first;
  }

  private static Known string(Function<Subject, @Nullable String> value) {
    return text((subject, out) -> {
      String found = value.apply(subject);
      if (found == null || found.isEmpty()) {
        return false;
      }
      Text.write(found, out);
      return true;
    });
  }

  private static Known address(
      Function<Subject, @Nullable InetSocketAddress> value, boolean withPort) {
    return string(subject -> {
      InetSocketAddress address = value.apply(subject);
      return address == null ? null : addressText(address, withPort);
    });
  }

  static String addressText(InetSocketAddress address, boolean withPort) {
    InetAddress ip = address.getAddress();
    String host = ip == null ? address.getHostString() : NetUtil.toAddressString(ip);
    if (!withPort || ip == null) {
      return host;
    }
    return host.indexOf(':') >= 0
        ? "[" + host + "]:" + address.getPort()
        : host + ":" + address.getPort();
  }

  private static boolean flags(Subject subject, ByteBuf out) {
    int bits = subject.flagBits();
    if (bits == 0) {
      // In JSON, too, as Envoy has it: readers tell "nothing went wrong" from "not known".
      out.writeByte('-');
      return true;
    }
    boolean first = true;
    for (int rest = bits; rest != 0; rest &= rest - 1) {
      if (!first) {
        out.writeByte(',');
      }
      first = false;
      Text.write(FLAGS[Integer.numberOfTrailingZeros(rest)].code(), out);
    }
    return true;
  }

  private static Operator header(String argument, Function<Subject, @Nullable HeaderMap> message) {
    int alternative = argument.indexOf('?');
    HeaderName main =
        HeaderName.of(alternative < 0 ? argument : argument.substring(0, alternative));
    HeaderName other = alternative < 0 ? main : HeaderName.of(argument.substring(alternative + 1));
    return (subject, out) -> {
      HeaderMap headers = message.apply(subject);
      return headers != null
          && (value(headers, main, out) || (other != main && value(headers, other, out)));
    };
  }

  private static boolean value(HeaderMap headers, HeaderName name, ByteBuf out) {
    if (headers instanceof Head head && !name.pseudo() && !name.toString().equals("host")) {
      return head.writeValue(name, out) >= 0;
    }
    String found = headers.first(name).orElse("");
    Text.write(found, out);
    return !found.isEmpty();
  }

  /** Gives a value of metadata, or null. */
  interface MetadataValue {
    @Nullable Value of(Subject subject);
  }

  /** Text as it is, all else as JSON; in JSON with its type. */
  static Known metadata(MetadataValue source) {
    return new Known(
        (subject, out) -> {
          Value value = source.of(subject);
          if (value == null) {
            return false;
          }
          if (value.getKindCase() == Value.KindCase.STRING_VALUE) {
            Text.write(value.getStringValue(), out);
          } else {
            StructValues.json(value, out);
          }
          return true;
        },
        (subject, out) -> {
          Value value = source.of(subject);
          if (value == null) {
            return false;
          }
          StructValues.json(value, out);
          return true;
        });
  }

  static Known dynamicMetadata(List<String> parts) {
    List<String> path = parts.subList(1, parts.size());
    return metadata(subject -> subject.metadata(parts.getFirst(), path));
  }

  private static Operator filterState(String argument) {
    int colon = argument.indexOf(':');
    String name = colon < 0 ? argument : argument.substring(0, colon);
    String form = colon < 0 ? "TYPED" : argument.substring(colon + 1);
    if (!form.equals("PLAIN") && !form.equals("TYPED")) {
      throw new IllegalArgumentException(
          "%FILTER_STATE(" + argument + ")%: form \"" + form + "\" (expected: PLAIN or TYPED)");
    }
    return (subject, out) -> {
      String text = subject.filterStateText(name);
      if (text == null) {
        return false;
      }
      Text.write(form.equals("PLAIN") ? text : "\"" + text + "\"", out);
      return true;
    };
  }

  private static String hostname() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException unnamed) {
      return "-";
    }
  }
}
