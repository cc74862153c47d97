package io.heddle.cli.api;

import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** By what the command line is let in: a token, and whom it trusts. */
public final class Credentials {
  /** As nobody in particular, trusting what the JDK trusts. */
  public static final Credentials NONE = new Credentials("", Optional.empty());

  private static final int LONGEST_TOKEN = 256;

  private final String token;
  private final Optional<SSLSocketFactory> sockets;

  private Credentials(String token, Optional<SSLSocketFactory> sockets) {
    this.token = token;
    this.sockets = sockets;
  }

  /**
   * Reads both.
   *
   * @param token the token itself; empty for none, or for that of the file
   * @param tokenFile empty for none
   * @param authority a file of certificates that are trusted; empty for those of the JDK
   */
  public static Credentials of(String token, String tokenFile, String authority) {
    String secret = token.isEmpty() && !tokenFile.isEmpty() ? read(tokenFile) : token.strip();
    return new Credentials(
        secret, authority.isEmpty() ? Optional.empty() : Optional.of(trusting(authority)));
  }

  boolean hasToken() {
    return !token.isEmpty();
  }

  /** The header {@code Authorization}. */
  String authorization() {
    return "Bearer " + token;
  }

  Optional<SSLSocketFactory> sockets() {
    return sockets;
  }

  private static String read(String file) {
    try {
      Path path = Path.of(file);
      if (Files.size(path) > LONGEST_TOKEN) {
        throw unusable(file, "more than " + LONGEST_TOKEN + " bytes (expected: a token)");
      }
      String secret = Files.readString(path, StandardCharsets.US_ASCII).strip();
      if (!secret.matches("[\\x21-\\x7e]+")) {
        throw unusable(file, "no token in it (expected: one line of text)");
      }
      return secret;
    } catch (IOException e) {
      throw unusable(file, "cannot be read: " + e.getMessage());
    }
  }

  private static SSLSocketFactory trusting(String file) {
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      int count = 0;
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        trusted.setCertificateEntry("ca" + count++, each);
      }
      if (count == 0) {
        throw unusable(file, "no certificate in it (expected: PEM)");
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context.getSocketFactory();
    } catch (IOException | GeneralSecurityException e) {
      throw unusable(file, "cannot be read: " + e.getMessage());
    }
  }

  private static CommandFailure unusable(String file, String why) {
    return new CommandFailure(Finding.FILE_UNREADABLE.about(file, why));
  }

  /** Without the token, which must not reach a log. */
  @Override
  public String toString() {
    return hasToken() ? "a token" : "no token";
  }
}
