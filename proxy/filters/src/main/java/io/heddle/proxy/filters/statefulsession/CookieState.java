package io.heddle.proxy.filters.statefulsession;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.type.http.v3.Cookie;
import io.envoyproxy.envoy.type.http.v3.CookieAttribute;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.filters.config.Cookies;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.config.Text;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

/**
 * The host in a cookie. What is in it is a message of two fields as Envoy writes it, so that the
 * cookies of one are good for the other: the address (1), and when it ends in seconds since the
 * epoch (2), which is left out where it does not. A bare address is understood, too.
 *
 * @param ttlSeconds zero for the length of the browser's session
 * @param suffix what follows the value in {@code set-cookie}
 */
record CookieState(String name, long ttlSeconds, String path, String suffix)
    implements SessionState {
  private static final HeaderName SET_COOKIE = HeaderName.of("set-cookie");
  private static final long MAX_TTL_SECONDS = 400L * 24 * 3600;
  private static final int ADDRESS = 1;
  private static final int EXPIRES = 2;

  static CookieState of(CookieBasedSessionState message, String path) throws FilterConfigException {
    SetFields.allow(message, path, Set.of("cookie"));
    Cookie cookie = message.getCookie();
    String at = SetFields.at(path, "cookie");
    SetFields.allow(cookie, at, Set.of("name", "ttl", "path", "attributes"));
    if (cookie.getName().isEmpty()) {
      throw new FilterConfigException(SetFields.at(at, "name"), "", "not empty");
    }
    token(cookie.getName(), SetFields.at(at, "name"));
    Text.headerValue(cookie.getPath(), SetFields.at(at, "path"));
    if (!Durations.isValid(cookie.getTtl())
        || Durations.isNegative(cookie.getTtl())
        || cookie.getTtl().getSeconds() > MAX_TTL_SECONDS) {
      throw new FilterConfigException(
          SetFields.at(at, "ttl"), cookie.getTtl().getSeconds() + " s", "0 to 400 days");
    }
    long ttl = cookie.getTtl().getSeconds();
    StringBuilder suffix = new StringBuilder();
    if (ttl > 0) {
      suffix.append("; Max-Age=").append(ttl);
    }
    if (!cookie.getPath().isEmpty()) {
      suffix.append("; Path=").append(cookie.getPath());
    }
    for (int i = 0; i < cookie.getAttributesCount(); i++) {
      CookieAttribute attribute = cookie.getAttributes(i);
      String here = SetFields.at(at, "attributes", i);
      token(attribute.getName(), SetFields.at(here, "name"));
      Text.headerValue(attribute.getValue(), SetFields.at(here, "value"));
      suffix.append("; ").append(attribute.getName());
      if (!attribute.getValue().isEmpty()) {
        suffix.append('=').append(attribute.getValue());
      }
    }
    return new CookieState(
        cookie.getName(), ttl, cookie.getPath(), suffix.append("; HttpOnly").toString());
  }

  private static void token(String name, String path) throws FilterConfigException {
    try {
      var _ = HeaderName.of(name);
    } catch (IllegalArgumentException notAToken) {
      FilterConfigException refused =
          new FilterConfigException(path, name, "a token (RFC 9110, 5.6.2)");
      refused.initCause(notAToken);
      throw refused;
    }
  }

  /** As RFC 6265, 5.1.4 has it: the path itself, or below it. */
  @Override
  public boolean covers(String requested) {
    if (path.isEmpty() || path.equals("/")) {
      return true;
    }
    if (!requested.startsWith(path)) {
      return false;
    }
    return path.endsWith("/")
        || requested.length() == path.length()
        || "/?#".indexOf(requested.charAt(path.length())) >= 0;
  }

  @Override
  public Optional<String> read(RequestHeaders headers, InstantSource clock) {
    String value = Cookies.value(headers, name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    byte[] bytes = SessionState.decoded(value);
    String address = "";
    long expires = 0;
    try {
      CodedInputStream in = CodedInputStream.newInstance(bytes);
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag == (ADDRESS << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
          address = SessionState.text(in.readByteArray()).orElse("");
        } else if (tag == (EXPIRES << 3 | WireFormat.WIRETYPE_VARINT)) {
          expires = in.readUInt64();
        } else if (!in.skipField(tag)) {
          return SessionState.text(bytes);
        }
      }
    } catch (IOException bare) {
      return SessionState.text(bytes);
    }
    if (address.isEmpty() || (expires > 0 && expires < clock.instant().getEpochSecond())) {
      return Optional.empty();
    }
    return Optional.of(address);
  }

  @Override
  public void write(
      ResponseHeaders headers, Optional<String> asked, String served, InstantSource clock) {
    if (!asked.equals(Optional.of(served))) {
      String value = Base64.getEncoder().encodeToString(content(served, clock));
      headers.add(SET_COOKIE, name + "=\"" + value + '"' + suffix);
    }
  }

  private byte[] content(String served, InstantSource clock) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeBytes(ADDRESS, ByteString.copyFromUtf8(served));
      if (ttlSeconds > 0) {
        out.writeUInt64(EXPIRES, clock.instant().getEpochSecond() + ttlSeconds);
      }
      out.flush();
    } catch (IOException inMemory) {
      throw new UncheckedIOException(inMemory);
    }
    return bytes.toByteArray();
  }
}
