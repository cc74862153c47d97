package io.heddle.proxy.app.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.admin.v3.CertificateDetails;
import io.envoyproxy.envoy.admin.v3.Certificates;
import io.heddle.proxy.api.CertificateInfo;
import io.heddle.proxy.engine.TlsView;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CertsPageTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void isWhatEnvoysMessageReads() throws Exception {
    TlsView view =
        new TlsView(
            "listener in",
            List.of(certificate("2026-01-11T12:00:00Z")),
            List.of(certificate("2025-12-24T00:00:00Z")));
    AdminResponse page =
        new CertsPage(() -> List.of(view), InstantSource.fixed(NOW))
            .answer(new AdminRequest("GET", "/certs", Map.of(), false));
    Certificates.Builder read = Certificates.newBuilder();
    JsonFormat.parser().merge(page.body(), read);
    assertThat(read.getCertificatesList()).hasSize(1);
    CertificateDetails own = read.getCertificates(0).getCertChain(0);
    assertThat(own.getSerialNumber()).isEqualTo("0abc");
    assertThat(own.getDaysUntilExpiration()).isEqualTo(10);
    assertThat(own.getSubjectAltNames(0).getDns()).isEqualTo("a.example");
    assertThat(own.getSubjectAltNames(1).getUri()).isEqualTo("spiffe://a");
    assertThat(own.getExpirationTime().getSeconds())
        .isEqualTo(Instant.parse("2026-01-11T12:00:00Z").getEpochSecond());
    // What has ended has no days left.
    assertThat(read.getCertificates(0).getCaCert(0).getDaysUntilExpiration()).isZero();
  }

  @Test
  void theFirstToEndCounts() {
    TlsView view =
        new TlsView(
            "cluster up",
            List.of(certificate("2026-01-11T12:00:00Z")),
            List.of(certificate("2026-01-04T23:00:00Z")));
    assertThat(CertsPage.daysLeft(List.of(view), NOW)).isEqualTo(3);
    assertThat(CertsPage.daysLeft(List.of(), NOW)).isZero();
  }

  private static CertificateInfo certificate(String end) {
    return new CertificateInfo() {
      @Override
      public String subject() {
        return "CN=a";
      }

      @Override
      public String issuer() {
        return "CN=ca";
      }

      @Override
      public String serial() {
        return "0abc";
      }

      @Override
      public String sha256() {
        return "";
      }

      @Override
      public String sha1() {
        return "";
      }

      @Override
      public List<String> uriSans() {
        return List.of("spiffe://a");
      }

      @Override
      public List<String> dnsSans() {
        return List.of("a.example");
      }

      @Override
      public List<String> ipSans() {
        return List.of();
      }

      @Override
      public List<String> emailSans() {
        return List.of();
      }

      @Override
      public Instant notBefore() {
        return NOW.minusSeconds(100);
      }

      @Override
      public Instant notAfter() {
        return Instant.parse(end);
      }

      @Override
      public String pem() {
        return "";
      }
    };
  }
}
