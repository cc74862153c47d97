package io.heddle.proxy.engine.tls;

import io.netty.handler.ssl.NotSslRecordException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What became of a handshake that failed, in Envoy's words. Stateless. */
final class TlsFailure {
  private static final Pattern NATIVE = Pattern.compile("error:([0-9a-fA-F]{1,8}):(.*)");
  private static final String VERIFY =
      "268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED";
  private static final String NOT_TLS =
      "268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER";
  private static final String HTTP_REQUEST = "268435612:SSL routines:OPENSSL_internal:HTTP_REQUEST";
  private static final String HTTPS_PROXY_REQUEST =
      "268435611:SSL routines:OPENSSL_internal:HTTPS_PROXY_REQUEST";

  /** {@code GET}, {@code POST}, {@code HEAD} and {@code PUT} with a space, in hexadecimal. */
  private static final List<String> METHODS =
      List.of("47455420", "504f535420", "4845414420", "50555420");

  private static final String CONNECT = "434f4e4e45";
  private static final String RESET =
      "33554536:system library:OPENSSL_internal:Connection reset by peer";
  private static final int LONGEST = 500;

  private TlsFailure() {}

  /** Whether the peer's certificate was refused. */
  static boolean refusedCertificate(Throwable cause) {
    return refusal(cause) != null;
  }

  private static @Nullable CertificateException refusal(Throwable cause) {
    Throwable at = cause;
    for (int depth = 0; at != null && depth < 8; depth++) {
      if (at instanceof CertificateException refused) {
        return refused;
      }
      at = at.getCause();
    }
    return null;
  }

  /** Whether the connection was simply gone. */
  static boolean gone(Throwable cause) {
    return cause instanceof ClosedChannelException
        || cause.getCause() instanceof ClosedChannelException;
  }

  /** The transport's failure reason; empty where there is none. */
  static String words(Throwable cause) {
    CertificateException refused = refusal(cause);
    if (refused != null) {
      return whole(VERIFY + ":" + refused.getMessage());
    }
    if (gone(cause)) {
      return "";
    }
    String message = String.valueOf(cause.getMessage());
    if (cause instanceof NotSslRecordException) {
      return whole(notTls(message));
    }
    Matcher matcher = NATIVE.matcher(message);
    if (matcher.find()) {
      return whole(Long.parseLong(matcher.group(1), 16) + ":" + matcher.group(2));
    }
    if (cause instanceof IOException && message.contains("reset")) {
      return whole(RESET);
    }
    return whole(message);
  }

  /** What came in the place of TLS, as far as BoringSSL would tell; the message ends with it. */
  private static String notTls(String message) {
    String hex = message.substring(message.lastIndexOf(' ') + 1);
    for (String method : METHODS) {
      if (hex.startsWith(method)) {
        return HTTP_REQUEST;
      }
    }
    return hex.startsWith(CONNECT) ? HTTPS_PROXY_REQUEST : NOT_TLS;
  }

  /** Bounded, and of visible characters only: some of it may come from the peer. */
  private static String whole(String inner) {
    StringBuilder out = new StringBuilder("TLS_error:|");
    int end = Math.min(inner.length(), LONGEST);
    for (int i = 0; i < end; i++) {
      char c = inner.charAt(i);
      out.append(c < ' ' || c >= 127 ? '?' : c);
    }
    return out.append(":TLS_error_end").toString();
  }
}
