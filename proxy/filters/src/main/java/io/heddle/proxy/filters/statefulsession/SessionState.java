package io.heddle.proxy.filters.statefulsession;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.envelope.v3.EnvelopeSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.filters.config.HeaderNames;
import io.heddle.proxy.filters.config.SetFields;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

/** Where a session's host is written. Immutable. */
interface SessionState {
  /** Whether requests to this path have sessions. */
  default boolean covers(String path) {
    return true;
  }

  /** The {@code address:port} that the request asks for; may be any text that a client sends. */
  Optional<String> read(RequestHeaders headers, InstantSource clock);

  /**
   * Writes the host that has served.
   *
   * @param asked what {@link #read} found
   */
  void write(ResponseHeaders headers, Optional<String> asked, String served, InstantSource clock);

  /** Reads one of Envoy's three kinds. */
  static SessionState of(TypedExtensionConfig extension, String path) throws FilterConfigException {
    Any config = extension.getTypedConfig();
    String at = SetFields.at(path, "typed_config");
    String type = config.getTypeUrl().substring(config.getTypeUrl().lastIndexOf('/') + 1);
    return switch (type) {
      case "envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState" ->
          CookieState.of(SetFields.unpack(config, CookieBasedSessionState.class), at);
      case "envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState" -> {
        HeaderBasedSessionState message = SetFields.unpack(config, HeaderBasedSessionState.class);
        SetFields.allow(message, at, Set.of("name"));
        yield new Header(header(message.getName(), SetFields.at(at, "name")));
      }
      case "envoy.extensions.http.stateful_session.envelope.v3.EnvelopeSessionState" -> {
        EnvelopeSessionState message = SetFields.unpack(config, EnvelopeSessionState.class);
        SetFields.allow(message, at, Set.of("header"));
        SetFields.allow(message.getHeader(), SetFields.at(at, "header"), Set.of("name"));
        yield new Envelope(
            header(
                message.getHeader().getName(), SetFields.at(SetFields.at(at, "header"), "name")));
      }
      default ->
          throw new FilterConfigException(
              at, config.getTypeUrl(), "session state in a cookie, a header or an envelope");
    };
  }

  private static HeaderName header(String name, String path) throws FilterConfigException {
    HeaderName parsed = HeaderNames.changeable(name, path);
    if (HeaderNames.special(parsed)) {
      throw new FilterConfigException(path, name, "a header that both sides may write");
    }
    return parsed;
  }

  /** Text as it is sent. */
  static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The bytes; none where the text is not in base 64. */
  static byte[] decoded(String text) {
    try {
      return Base64.getDecoder().decode(text.strip());
    } catch (IllegalArgumentException malformed) {
      return new byte[0];
    }
  }

  /** Bytes of a client as text, one character each. */
  static Optional<String> text(byte[] bytes) {
    return bytes.length == 0
        ? Optional.empty()
        : Optional.of(new String(bytes, StandardCharsets.ISO_8859_1));
  }

  /** A header of its own. */
  record Header(HeaderName name) implements SessionState {
    @Override
    public Optional<String> read(RequestHeaders headers, InstantSource clock) {
      return headers.first(name).flatMap(value -> text(decoded(value)));
    }

    @Override
    public void write(
        ResponseHeaders headers, Optional<String> asked, String served, InstantSource clock) {
      if (!asked.equals(Optional.of(served))) {
        headers.set(name, encoded(served));
      }
    }
  }

  /** A header of the upstream's, around whose value the host is put. */
  record Envelope(HeaderName name) implements SessionState {
    private static final String INNER = ";UV:";

    @Override
    public Optional<String> read(RequestHeaders headers, InstantSource clock) {
      String value = headers.first(name).orElse("");
      int inner = value.indexOf(INNER);
      if (inner < 0) {
        return Optional.empty();
      }
      Optional<String> address = text(decoded(value.substring(0, inner)));
      Optional<String> own = text(decoded(value.substring(inner + INNER.length())));
      if (address.isEmpty() || own.isEmpty()) {
        return Optional.empty();
      }
      try {
        headers.set(name, own.get());
      } catch (IllegalArgumentException notAValue) {
        return Optional.empty();
      }
      return address;
    }

    @Override
    public void write(
        ResponseHeaders headers, Optional<String> asked, String served, InstantSource clock) {
      Optional<String> own = headers.first(name);
      if (own.isPresent()) {
        headers.set(name, encoded(served) + INNER + encoded(own.get()));
      }
    }
  }
}
