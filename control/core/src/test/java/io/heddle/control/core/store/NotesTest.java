package io.heddle.control.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.heddle.control.api.store.Revision;
import io.heddle.testkit.ManualTime;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is noted beside the objects. */
class NotesTest {
  private final ManualTime time = new ManualTime();

  @TempDir Path temp;

  private EmbeddedStore open() {
    return EmbeddedStore.open(EmbeddedStoreConfig.of(temp.resolve("store")), time);
  }

  @Test
  void keepsNotesOverAReopeningWithoutARevision() {
    try (EmbeddedStore store = open()) {
      store.note(Map.of("rollout/1", "one", "rollout/2", "two", "other", "x"));
      store.write(Samples.put("a", 1), Samples.WRITER);
      store.note(Map.of("rollout/1", "", "rollout/2", "second"));
      assertThat(store.notes("rollout/")).isEqualTo(Map.of("rollout/2", "second"));
    }
    try (EmbeddedStore store = open()) {
      assertThat(store.notes("")).isEqualTo(Map.of("other", "x", "rollout/2", "second"));
      assertThat(store.notes("none")).isEmpty();
      assertThat(store.revision()).isEqualTo(new Revision("1"));
    }
  }

  @Test
  void carriesNotesOverToTheNextFile() {
    try (EmbeddedStore store = open()) {
      store.note(Map.of("kept", "through"));
      String large = "x".repeat(1 << 20);
      for (int i = 0; i < 20; i++) {
        store.note(Map.of("large", large + i));
      }
    }
    assertThat(temp.resolve("store").resolve(ObjectFile.name(1)))
        .as("a file that was replaced")
        .doesNotExist();
    try (EmbeddedStore store = open()) {
      assertThat(store.notes("kept")).isEqualTo(Map.of("kept", "through"));
      assertThat(store.notes("large").get("large")).endsWith("19");
    }
  }

  @Test
  void refusesANoteThatIsTooLarge() {
    try (EmbeddedStore store = open()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> store.note(Map.of("n".repeat(129), "x")))
          .withMessageContaining("129 characters of name");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> store.note(Map.of("n", "x".repeat((8 << 20) + 1))))
          .withMessageContaining("at most 8388608");
      assertThat(store.notes("")).isEmpty();
    }
  }

  @Test
  void aConditionHoldsOrNothingIsNoted() {
    try (EmbeddedStore store = open()) {
      assertThat(store.noteIf(Map.of("a", ""), Map.of("a", "1"), Revision.NONE)).isTrue();
      assertThat(store.noteIf(Map.of("a", ""), Map.of("a", "2"), Revision.NONE)).isFalse();
      assertThat(store.noteIf(Map.of("a", "1"), Map.of("a", "2", "b", "x"), store.revision()))
          .isTrue();
      Revision before = store.revision();
      store.write(Samples.put("object", 1), Samples.WRITER);
      assertThat(store.noteIf(Map.of("a", "2"), Map.of("a", "3"), before)).isFalse();
      assertThat(store.notes("")).isEqualTo(Map.of("a", "2", "b", "x"));
    }
  }
}
