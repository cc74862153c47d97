package io.heddle.cli.aot;

import io.heddle.cli.process.Programs;
import java.io.IOException;
import java.io.InputStream;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A private key and a certificate of its own for 127.0.0.1, by the JDK's keytool: for as long as a
 * training takes, in its folder.
 *
 * @param pem the file with both
 * @param trusted the certificate
 */
record TrainingIdentity(Path pem, KeyStore trusted) {
  private static final String ALIAS = "training";
  private static final String PASSWORD = "training";
  private static final int KEYTOOL_SECONDS = 30;

  static TrainingIdentity create(Path folder) throws IOException, InterruptedException {
    Path file = folder.resolve("training.p12");
    Process keytool =
        new ProcessBuilder(
                Programs.javaTool("keytool").toString(),
                "-genkeypair",
                "-keystore",
                file.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-alias",
                ALIAS,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=training",
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "1")
            .redirectErrorStream(true)
            .start();
    keytool.getOutputStream().close();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!keytool.waitFor(KEYTOOL_SECONDS, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
      keytool.destroyForcibly();
      throw new IOException("keytool made no certificate: " + said.strip());
    }
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore made = KeyStore.getInstance("PKCS12");
      made.load(in, PASSWORD.toCharArray());
      Key key = made.getKey(ALIAS, PASSWORD.toCharArray());
      byte[] certificate = made.getCertificate(ALIAS).getEncoded();
      Path pem = folder.resolve("training.pem");
      Files.writeString(
          pem, block("PRIVATE KEY", key.getEncoded()) + block("CERTIFICATE", certificate));
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry(ALIAS, made.getCertificate(ALIAS));
      return new TrainingIdentity(pem, trusted);
    } catch (GeneralSecurityException e) {
      throw new IOException("the certificate of keytool cannot be read", e);
    }
  }

  private static String block(String what, byte[] der) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der));
  }

  /** Asks over TLS, which has to work. */
  void ask(int port, int times) throws IOException {
    try {
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      for (int i = 0; i < times; i++) {
        HttpsURLConnection connection =
            (HttpsURLConnection)
                URI.create("https://127.0.0.1:" + port + "/")
                    .toURL()
                    .openConnection(Proxy.NO_PROXY);
        connection.setSSLSocketFactory(context.getSocketFactory());
        connection.setConnectTimeout(2_000);
        connection.setReadTimeout(5_000);
        try (InputStream body = connection.getInputStream()) {
          body.skip(Long.MAX_VALUE);
        }
      }
    } catch (GeneralSecurityException e) {
      throw new IOException("no TLS", e);
    }
  }
}
