package io.heddle.control.core.shared;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EtcdConfigTest {
  private static EtcdConfig parse(String text, String authority) {
    return EtcdConfig.parse(
        text,
        authority.isEmpty() ? Optional.empty() : Optional.of(Path.of(authority)),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void readsMembersAndPrefix() {
    EtcdConfig config = parse("etcd://10.0.0.1:2379,etcd-b.example:2379,[fd00::1]:2379/a/b", "ca");
    assertThat(config.endpoints())
        .containsExactly("10.0.0.1:2379", "etcd-b.example:2379", "[fd00::1]:2379");
    assertThat(config.prefix()).isEqualTo("/a/b/");
    assertThat(parse("etcd://127.0.0.1:2379", "").prefix()).isEqualTo("/heddle/");
    assertThat(config).hasToString("etcd://10.0.0.1:2379,etcd-b.example:2379,[fd00::1]:2379/a/b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "etcd://",
        "etcd://a",
        "etcd://a:70000",
        "etcd://user:secret@a:2379",
        "etcd://a:1,",
        "etcd://a:1/",
        "etcd://a:1/x y",
        "etcd://a:1/../x?"
      })
  void refusesWhatNamesNoEtcd(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> parse(text, "ca"))
        .withMessageContaining("--store: \"" + text + "\" (expected: etcd://HOST:PORT")
        .withMessageContaining("--etcd-credentials");
  }

  @Test
  void clearTextIsForLoopbackOnly() {
    assertThat(parse("etcd://127.1.2.3:1,localhost:2,[::1]:3", "").endpoints()).hasSize(3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> parse("etcd://127.0.0.1:1,10.0.0.1:2379", ""))
        .withMessageContaining("10.0.0.1:2379 without --etcd-ca (expected: TLS");
  }

  @Test
  void certificateNeedsItsKeyAndAnAuthority() {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            EtcdConfig.parse(
                "etcd://127.0.0.1:1",
                Optional.of(Path.of("ca")),
                Optional.of(Path.of("cert")),
                Optional.empty(),
                Optional.empty()))
        .withMessageContaining("--etcd-cert, --etcd-key: one alone");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            EtcdConfig.parse(
                "etcd://127.0.0.1:1",
                Optional.empty(),
                Optional.of(Path.of("cert")),
                Optional.of(Path.of("key")),
                Optional.empty()))
        .withMessageContaining("without --etcd-ca");
  }
}
