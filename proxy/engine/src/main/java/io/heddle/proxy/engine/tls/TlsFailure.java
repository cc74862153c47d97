package io.heddle.proxy.engine.tls;

import io.netty.handler.ssl.NotSslRecordException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
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
    if (cause instanceof NotSslRecordException) {
      return whole(NOT_TLS);
    }
    String message = String.valueOf(cause.getMessage());
    Matcher matcher = NATIVE.matcher(message);
    if (matcher.find()) {
      return whole(Long.parseLong(matcher.group(1), 16) + ":" + matcher.group(2));
    }
    if (cause instanceof IOException && message.contains("reset")) {
      return whole(RESET);
    }
    return whole(message);
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
