package io.heddle.proxy.engine.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.TestAuthority;
import io.heddle.testkit.TestAuthority.Issued;
import io.heddle.testkit.TestAuthority.Wish;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import org.junit.jupiter.api.Test;

class KeyMatchTest {
  private final TestAuthority authority = TestAuthority.create("keys");
  private final Issued one = authority.issue(Wish.dns("one.example"));
  private final Issued two = authority.issue(Wish.dns("two.example"));
  private final Issued rsa = authority.issue(Wish.dns("three.example").withRsa());
  private final Issued otherRsa = authority.issue(Wish.dns("four.example").withRsa());

  @Test
  void aKeyMatchesItsOwnCertificate() {
    assertThat(KeyMatch.matches(one.key(), one.certificate())).isTrue();
    assertThat(KeyMatch.matches(rsa.key(), rsa.certificate())).isTrue();
  }

  @Test
  void aKeyOfAnotherCertificateDoesNot() {
    assertThat(KeyMatch.matches(two.key(), one.certificate())).isFalse();
    assertThat(KeyMatch.matches(otherRsa.key(), rsa.certificate())).isFalse();
  }

  @Test
  void norDoesOneOfAnotherKind() throws GeneralSecurityException {
    assertThat(KeyMatch.matches(rsa.key(), one.certificate())).isFalse();
    assertThat(KeyMatch.matches(one.key(), rsa.certificate())).isFalse();
    assertThat(
            KeyMatch.matches(
                KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPrivate(),
                one.certificate()))
        .isFalse();
  }
}
