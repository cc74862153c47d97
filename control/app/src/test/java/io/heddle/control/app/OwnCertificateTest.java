package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A certificate of one's own on both listeners of a control plane. */
class OwnCertificateTest {
  @TempDir Path folder;
  private Path cert;
  private Path key;

  /** Looks at what is shown, and trusts it. */
  private static final class Looking implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @BeforeEach
  void first() throws IOException {
    cert = folder.resolve("shown.pem");
    key = folder.resolve("shown.key");
    use(identity("one"));
  }

  /** An authority and a server's certificate in a folder of their own. */
  private Path identity(String name) throws IOException {
    Path made = folder.resolve(name);
    ServerIdentity.in(made, Set.of("localhost", name + ".example"), Instant.now());
    return made;
  }

  private void use(Path identity) throws IOException {
    replace(identity.resolve("server.key"), key);
    replace(identity.resolve("server.pem"), cert);
  }

  private static void replace(Path from, Path to) throws IOException {
    Path beside = to.resolveSibling(to.getFileName() + ".next");
    Files.copy(from, beside, StandardCopyOption.REPLACE_EXISTING);
    Files.move(beside, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private ControlConfig config(ControlConfig.AccessMode mode) {
    InetSocketAddress free = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    Duration second = Duration.ofSeconds(1);
    return new ControlConfig(
        folder.resolve("state"),
        free,
        free,
        second,
        second,
        mode,
        Optional.empty(),
        Optional.of(new ShownCertificate.Pair(cert, key)));
  }

  private static String shownAt(int port) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Looking()}, new SecureRandom());
      try (SSLSocket socket =
          (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
        socket.setSoTimeout(20_000);
        var parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
        for (List<?> name : shown.getSubjectAlternativeNames()) {
          String text = String.valueOf(name.get(1));
          if (text.endsWith(".example")) {
            return text;
          }
        }
        return "no name";
      }
    } catch (IOException | GeneralSecurityException e) {
      return e.toString();
    }
  }

  @Test
  void isShownOnBothAndReplacedWhenItsFilesAre() throws Exception {
    try (ControlPlane plane = ControlPlane.start(config(ControlConfig.AccessMode.TOKEN))) {
      for (int port : List.of(plane.apiPort(), plane.xdsPort())) {
        assertThat(shownAt(port)).isEqualTo("one.example");
      }
      assertThat(folder.resolve("state/tls")).as("no authority of its own").doesNotExist();
      use(identity("two"));
      for (int port : List.of(plane.apiPort(), plane.xdsPort())) {
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() -> assertThat(shownAt(port)).isEqualTo("two.example"));
      }
    }
  }

  @Test
  void filesThatCannotBeUsedChangeNothing() throws IOException {
    ShownCertificate shown = ShownCertificate.of(new ShownCertificate.Pair(cert, key));
    String alias = shown.chooseEngineServerAlias("EC", null, null);
    Files.writeString(cert, "half a cert");
    shown.look();
    assertThat(shown.chooseEngineServerAlias("EC", null, null)).isEqualTo(alias);
    Path two = identity("two");
    replace(two.resolve("server.pem"), cert);
    shown.look();
    assertThat(shown.chooseEngineServerAlias("EC", null, null))
        .as("the key is still that of the first")
        .isEqualTo(alias);
    use(two);
    shown.look();
    String next = shown.chooseEngineServerAlias("EC", null, null);
    assertThat(next).isNotEqualTo(alias);
    assertThat(shown.getPrivateKey(alias)).as("for a handshake that has begun").isNotNull();
    assertThat(shown.getCertificateChain(next)).isNotEqualTo(shown.getCertificateChain(alias));
    assertThat(shown.chooseEngineServerAlias("RSA", null, null)).isNull();
  }

  @Test
  void whatIsWrongWithItIsSaidAtTheStart() throws IOException {
    Path two = identity("two");
    replace(two.resolve("server.key"), key);
    assertThatThrownBy(() -> ControlPlane.start(config(ControlConfig.AccessMode.TOKEN)))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("--tls-key: ")
        .hasMessageContaining("is the key of another certificate");
    Files.writeString(key, "nonsense");
    assertThatThrownBy(() -> ControlPlane.start(config(ControlConfig.AccessMode.TOKEN)))
        .hasMessageContaining("no private key without a password");
    Files.delete(cert);
    assertThatThrownBy(() -> ControlPlane.start(config(ControlConfig.AccessMode.TOKEN)))
        .hasMessageContaining("--tls-cert: ")
        .hasMessageContaining("cannot be read");
    assertThatThrownBy(() -> config(ControlConfig.AccessMode.AUTO))
        .hasMessageContaining("--tls-cert: but nothing is served over TLS");
    assertThatThrownBy(
            () -> ControlOptions.parse(List.of("--access", "token", "--tls-cert", "x.pem")))
        .hasMessageContaining("--tls-key: absent (expected: both, or none)");
  }
}
