package io.heddle.proxy.filters.config;

import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.RouteView;
import io.heddle.proxy.api.TextFormat;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A header's value with command operators, compiled: {@code %REQ(X?Y):N%}, {@code %RESP(X?Y):N%},
 * {@code %PROTOCOL%}, {@code %ROUTE_NAME%}, {@code %UPSTREAM_CLUSTER%}, {@code %RESPONSE_CODE%},
 * {@code %REQUESTED_SERVER_NAME%}, {@code %DOWNSTREAM_REMOTE_ADDRESS%}, {@code
 * %DOWNSTREAM_LOCAL_ADDRESS%}, both also {@code …_WITHOUT_PORT%}, and {@code %%}. A value with
 * others is left to the proxy's own formats. What is not there comes out empty.
 */
public final class ValueFormat {
  private static final int MAX_LENGTH = 16_384;

  private final List<Piece> pieces;

  private ValueFormat(List<Piece> pieces) {
    this.pieces = List.copyOf(pieces);
  }

  private sealed interface Piece {
    record Literal(String text) implements Piece {}

    record Header(boolean request, HeaderName name, Optional<HeaderName> other, OptionalInt max)
        implements Piece {}

    record Fact(Operator operator) implements Piece {}

    /** The whole text, where one of its operators is none of those that are cheap. */
    record Whole(TextFormat format) implements Piece {}
  }

  private enum Operator {
    PROTOCOL,
    ROUTE_NAME,
    UPSTREAM_CLUSTER,
    RESPONSE_CODE,
    REQUESTED_SERVER_NAME,
    DOWNSTREAM_REMOTE_ADDRESS,
    DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT,
    DOWNSTREAM_LOCAL_ADDRESS,
    DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT
  }

  /** Compiles a value. */
  public static ValueFormat of(String text, String path, FilterFactoryContext context)
      throws FilterConfigException {
    if (text.length() > MAX_LENGTH) {
      throw new FilterConfigException(path, text.length() + " characters", "at most " + MAX_LENGTH);
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
        throw new FilterConfigException(
            path, "U+%04X".formatted((int) c), "ISO 8859-1 without control characters");
      }
    }
    List<Piece> pieces = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int percent = text.indexOf('%', at);
      if (percent < 0) {
        pieces.add(new Piece.Literal(text.substring(at)));
        break;
      }
      if (percent > at) {
        pieces.add(new Piece.Literal(text.substring(at, percent)));
      }
      int end = text.indexOf('%', percent + 1);
      if (end < 0) {
        throw new FilterConfigException(path, text, "every % closed, or doubled");
      }
      String command = text.substring(percent + 1, end);
      if (!cheap(command)) {
        return new ValueFormat(List.of(whole(text, path, context)));
      }
      pieces.add(command.isEmpty() ? new Piece.Literal("%") : piece(command, path));
      at = end + 1;
    }
    return new ValueFormat(pieces);
  }

  private static boolean cheap(String command) {
    if (command.isEmpty() || command.startsWith("REQ(") || command.startsWith("RESP(")) {
      return true;
    }
    for (Operator operator : Operator.values()) {
      if (operator.name().equals(command)) {
        return true;
      }
    }
    return false;
  }

  private static Piece whole(String text, String path, FilterFactoryContext context)
      throws FilterConfigException {
    try {
      return new Piece.Whole(context.textFormat(text, /* omitEmpty= */ true));
    } catch (IllegalArgumentException unsupported) {
      FilterConfigException refused =
          new FilterConfigException(
              path, String.valueOf(unsupported.getMessage()), "a supported command operator");
      refused.initCause(unsupported);
      throw refused;
    }
  }

  private static Piece piece(String command, String path) throws FilterConfigException {
    if (command.startsWith("REQ(") || command.startsWith("RESP(")) {
      return header(command, path);
    }
    for (Operator operator : Operator.values()) {
      if (operator.name().equals(command)) {
        return new Piece.Fact(operator);
      }
    }
    throw new FilterConfigException(path, '%' + command + '%', "a supported command operator");
  }

  private static Piece header(String command, String path) throws FilterConfigException {
    int open = command.indexOf('(');
    int close = command.indexOf(')');
    if (close < 0) {
      throw new FilterConfigException(path, '%' + command + '%', "%REQ(X?Y):LENGTH%");
    }
    String names = command.substring(open + 1, close);
    String tail = command.substring(close + 1);
    OptionalInt max = OptionalInt.empty();
    if (!tail.isEmpty()) {
      if (!tail.matches(":[1-9][0-9]{0,5}")) {
        throw new FilterConfigException(path, '%' + command + '%', "a length of 1 to 999999");
      }
      max = OptionalInt.of(Integer.parseInt(tail.substring(1)));
    }
    int question = names.indexOf('?');
    HeaderName first = HeaderNames.of(question < 0 ? names : names.substring(0, question), path);
    Optional<HeaderName> other =
        question < 0
            ? Optional.empty()
            : Optional.of(HeaderNames.of(names.substring(question + 1), path));
    return new Piece.Header(command.startsWith("REQ("), first, other, max);
  }

  /** The value for this exchange. */
  public String format(HttpFilterContext context) {
    if (pieces.size() == 1 && pieces.getFirst() instanceof Piece.Literal(String text)) {
      return text;
    }
    StringBuilder out = new StringBuilder();
    for (Piece piece : pieces) {
      switch (piece) {
        case Piece.Literal(String text) -> out.append(text);
        case Piece.Header header -> out.append(value(header, context));
        case Piece.Fact(Operator operator) -> out.append(value(operator, context));
        case Piece.Whole(TextFormat format) -> out.append(format.format(context));
      }
    }
    return out.toString();
  }

  private static String value(Piece.Header header, HttpFilterContext context) {
    Optional<? extends HeaderMap> headers =
        header.request() ? Optional.of(context.requestHeaders()) : context.responseHeaders();
    String value = "";
    if (headers.isPresent()) {
      Optional<String> found = headers.get().first(header.name());
      if (found.isEmpty() && header.other().isPresent()) {
        found = headers.get().first(header.other().get());
      }
      value = found.orElse("");
    }
    int max = header.max().orElse(Integer.MAX_VALUE);
    return value.length() <= max ? value : value.substring(0, max);
  }

  private static String value(Operator operator, HttpFilterContext context) {
    return switch (operator) {
      case PROTOCOL -> context.streamInfo().protocol();
      case ROUTE_NAME -> context.route().map(RouteView::name).orElse("");
      case UPSTREAM_CLUSTER -> context.route().flatMap(RouteView::cluster).orElse("");
      case RESPONSE_CODE -> Integer.toString(context.streamInfo().responseCode());
      case REQUESTED_SERVER_NAME -> context.connection().serverName().orElse("");
      case DOWNSTREAM_REMOTE_ADDRESS -> withPort(context.connection().remoteAddress());
      case DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT -> host(context.connection().remoteAddress());
      case DOWNSTREAM_LOCAL_ADDRESS -> withPort(context.connection().localAddress());
      case DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT -> host(context.connection().localAddress());
    };
  }

  private static String host(InetSocketAddress address) {
    return address.isUnresolved() ? address.getHostString() : address.getAddress().getHostAddress();
  }

  private static String withPort(InetSocketAddress address) {
    String host = host(address);
    return (host.indexOf(':') >= 0 ? '[' + host + ']' : host) + ':' + address.getPort();
  }
}
