package io.heddle.control.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.core.shared.FakeKeys;
import io.heddle.testkit.ManualTime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedImportTest {
  private final ManualTime time = new ManualTime();
  private final FakeKeys keys = new FakeKeys();

  @TempDir Path temp;

  private EmbeddedStore embedded() {
    return EmbeddedStore.open(EmbeddedStoreConfig.of(temp), time);
  }

  private SharedStore shared(FakeKeys.Link link) {
    return SharedStore.open(link, EmbeddedStoreConfig.of(temp), time);
  }

  @Test
  void movesObjectsHistoryNotesAndRevisions() {
    List<HistoryEntry> history;
    try (EmbeddedStore from = embedded()) {
      for (int number = 1; number <= 30; number++) {
        from.write(Samples.put("service-" + number % 4, number), Samples.WRITER);
      }
      from.write(
          List.of(
              Mutation.Delete.of(Samples.key("service-0")), Samples.put("service-9", 9).getFirst()),
          Samples.WRITER);
      from.note(Map.of("rollout/a", "half"));
      history = from.history(Samples.key("service-1"), 100);
    }
    try (FakeKeys.Link link = keys.link()) {
      assertThat(SharedImport.move(temp, link, () -> {}).objects()).isEqualTo(4);
      try (SharedStore to = shared(link)) {
        assertThat(to.revision()).isEqualTo(new Revision("31"));
        assertThat(to.list(Selection.EVERYTHING).objects()).hasSize(4);
        assertThat(to.history(Samples.key("service-1"), 100))
            .usingRecursiveComparison()
            .isEqualTo(history);
        assertThat(to.history(Samples.key("service-0"), 1).getFirst().after()).isEmpty();
        assertThat(to.notes("rollout/")).containsEntry("rollout/a", "half");
        to.write(Samples.put("service-1", 100), Samples.WRITER);
        assertThat(to.revision()).isEqualTo(new Revision("32"));
      }
      assertThatThrownBy(() -> SharedImport.move(temp, link, () -> {}))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("the shared store holds something under this prefix");
    }
  }

  @Test
  void moveThatBreaksOffLeavesNoStoreAndCanBeRepeated() {
    try (EmbeddedStore from = embedded()) {
      from.write(Samples.put("a", 1), Samples.WRITER);
    }
    try (FakeKeys.Link link = keys.link()) {
      assertThatThrownBy(() ->
              SharedImport.move(
                  temp,
                  link,
                  () -> {
                    throw new IOException("no tokens");
                  }))
          .hasMessageContaining("no tokens");
      assertThat(link.get(SharedFormat.HEAD)).isEmpty();
      SharedImport.move(temp, link, () -> {});
      try (SharedStore to = shared(link)) {
        assertThat(to.get(Samples.key("a")).map(Samples::number)).contains(1);
      }
    }
  }

  @Test
  void storeInUseIsRefused() {
    try (EmbeddedStore _ = embedded();
        FakeKeys.Link link = keys.link()) {
      assertThatThrownBy(() -> SharedImport.move(temp, link, () -> {}))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("the store is open in another process");
    }
  }
}
