package io.heddle.proxy.codec;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.ResponseHeaders;
import java.util.List;
import java.util.Optional;

/** The head of a response: one that came, or one being made with {@link #start}. */
public final class ResponseHead extends Head implements ResponseHeaders {
  private int status;
  private HttpVersion version = HttpVersion.HTTP_1_1;
  boolean keepAlive = true;

  /** Where the value of {@code Upgrade} lies, when it counts. */
  int upgrade;

  int upgradeEnd;

  ResponseHead(HeadPool pool) {
    super(pool);
  }

  @Override
  void reset() {
    super.reset();
    status = 0;
    version = HttpVersion.HTTP_1_1;
    keepAlive = true;
    upgrade = 0;
    upgradeEnd = 0;
  }

  /** Makes this the head of a response of our own. */
  public ResponseHead start(int code) {
    status(code);
    return this;
  }

  void received(HttpVersion receivedVersion, int code) {
    version = receivedVersion;
    status = code;
  }

  /** The version that came. */
  public HttpVersion version() {
    return version;
  }

  /** Whether the peer will take another request after this response. */
  public boolean keepAlive() {
    return keepAlive;
  }

  /** The protocol switched to, of a 101. */
  public Optional<String> upgrade() {
    return upgradeEnd == upgrade ? Optional.empty() : Optional.of(text(upgrade, upgradeEnd));
  }

  /** Makes this the head that switches to a protocol that was offered, a token. */
  public void switching(CharSequence protocol) {
    status = 101;
    upgrade = append(protocol);
    upgradeEnd = length;
  }

  @Override
  public int status() {
    return status;
  }

  @Override
  public void status(int code) {
    if (code < 200 || code > 599) {
      throw new IllegalArgumentException("status: " + code + " (expected: 200 to 599)");
    }
    status = code;
  }

  @Override
  public Optional<String> first(HeaderName name) {
    if (name.equals(Names.STATUS)) {
      return Optional.of(Integer.toString(status));
    }
    return super.first(name);
  }

  @Override
  public List<String> all(HeaderName name) {
    return name.equals(Names.STATUS) ? List.of(Integer.toString(status)) : super.all(name);
  }

  @Override
  public boolean contains(HeaderName name) {
    return name.equals(Names.STATUS) || super.contains(name);
  }

  @Override
  public boolean valueEquals(HeaderName name, CharSequence value) {
    if (name.equals(Names.STATUS)) {
      return value.length() == 3
          && value.charAt(0) == '0' + status / 100
          && value.charAt(1) == '0' + status / 10 % 10
          && value.charAt(2) == '0' + status % 10;
    }
    return super.valueEquals(name, value);
  }

  @Override
  public void set(HeaderName name, CharSequence value) {
    if (name.equals(Names.STATUS)) {
      try {
        status(Integer.parseInt(value, 0, value.length(), 10));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(":status: \"" + value + "\" (expected: 200 to 599)", e);
      }
    } else {
      super.set(name, value);
    }
  }
}
