package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-24T12:00:00Z"), ZoneOffset.UTC);

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("tokens.json");
  }

  private Tokens open() throws IOException {
    return Tokens.open(file(), CLOCK);
  }

  private static String secret(Tokens tokens, String name, Role role, String service) {
    return tokens.create(name, role, service).orElseThrow().secret();
  }

  @Test
  void knowsATokenByItsSecretAlsoAfterAReopening() throws IOException {
    String secret = secret(open(), "ci", Role.EDIT, "");
    assertThat(secret).startsWith("hdl_").hasSize(47);
    Tokens again = open();
    assertThat(again.of(secret))
        .hasValueSatisfying(token -> {
          assertThat(token.name()).isEqualTo("ci");
          assertThat(token.role()).isEqualTo(Role.EDIT);
          assertThat(token.created()).isEqualTo(CLOCK.instant());
        });
    assertThat(again.of(secret + "x")).isEmpty();
    assertThat(again.of("")).isEmpty();
    assertThat(again.of("x".repeat(10_000))).isEmpty();
  }

  @Test
  void writesNoSecretAndForItsOwnerAlone() throws IOException {
    Tokens tokens = open();
    Tokens.Made made = tokens.create("ci", Role.VIEW, "").orElseThrow();
    assertThat(Files.readString(file())).doesNotContain(made.secret()).contains("\"ci\"");
    assertThat(made.toString()).doesNotContain(made.secret());
    assertThat(Files.getPosixFilePermissions(file()))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void forgetsARevokedTokenAtOnceAndForEverAndTells() throws IOException {
    Tokens tokens = open();
    List<String> told = new ArrayList<>();
    tokens.onRevoked(token -> told.add(token.name()));
    String secret = secret(tokens, "gone", Role.PROXY, "default/web");
    assertThat(tokens.revoke("gone")).isTrue();
    assertThat(tokens.revoke("gone")).isFalse();
    assertThat(told).containsExactly("gone");
    assertThat(tokens.of(secret)).isEmpty();
    assertThat(open().of(secret)).isEmpty();
  }

  @Test
  void aTokenWhoseSecretCouldNotBeKeptIsNotMade() throws IOException {
    Tokens tokens = open();
    assertThatThrownBy(() ->
            tokens.create(
                "operator",
                Role.OPERATE,
                "",
                _ -> {
                  throw new IOException("no space");
                }))
        .hasMessage("no space");
    assertThat(tokens.all()).isEmpty();
    List<String> kept = new ArrayList<>();
    assertThat(tokens.create("operator", Role.OPERATE, "", kept::add)).isPresent();
    assertThat(kept).hasSize(1);
    assertThat(open().of(kept.getFirst())).isPresent();
    assertThat(tokens.create("operator", Role.OPERATE, "", kept::add)).isEmpty();
    assertThat(kept).hasSize(1);
  }

  @Test
  void refusesASecondOfANameAndWhatCannotBeMeant() throws IOException {
    Tokens tokens = open();
    assertThat(tokens.create("a", Role.VIEW, "")).isPresent();
    assertThat(tokens.create("a", Role.EDIT, "")).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tokens.create("No Name", Role.VIEW, ""))
        .withMessageContaining("name");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tokens.create("b", Role.PROXY, ""))
        .withMessageContaining("service");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tokens.create("b", Role.VIEW, "default/web"))
        .withMessageContaining("service");
  }

  @Test
  void doesNotStartOnADamagedFile() throws IOException {
    for (String damaged : List.of("", "{}", "{\"tokens\": [{\"name\": \"a\"}]}", "nonsense")) {
      Files.writeString(file(), damaged);
      assertThatThrownBy(this::open)
          .isInstanceOf(IOException.class)
          .hasMessageContaining(file().toString());
    }
  }

  @Test
  void aRoleMayDoWhatTheSmallerOnesMay() {
    assertThat(Role.OPERATE.allows(Role.VIEW)).isTrue();
    assertThat(Role.EDIT.allows(Role.EDIT)).isTrue();
    assertThat(Role.VIEW.allows(Role.EDIT)).isFalse();
    assertThat(Role.PROXY.allows(Role.VIEW)).isFalse();
    assertThat(Role.OPERATE.allows(Role.PROXY)).isFalse();
    assertThat(Role.PROXY.allows(Role.PROXY)).isTrue();
  }
}
