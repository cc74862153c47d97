package io.heddle.control.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.SecretSpec;
import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.api.store.WriteResult;
import io.heddle.testkit.ManualTime;
import io.heddle.testkit.TestAuthority;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The key of a Secret is kept, and is in nothing that can be shown later. */
class SecretStoreTest {
  private static final ObjectKey KEY = ObjectKey.of(Kind.SECRET, "cert");
  private static final WriteContext WRITER = WriteContext.of("test", "here");

  @TempDir Path temp;

  private static ResourceObject secret(String host) {
    TestAuthority.Issued issued = TestAuthority.create("ca").issue(TestAuthority.Wish.dns(host));
    return ResourceObject.of(
        ObjectMeta.of("cert"), new SecretSpec(issued.certificatePem(), issued.keyPem()));
  }

  private EmbeddedStore open() {
    return EmbeddedStore.open(EmbeddedStoreConfig.of(temp.resolve("store")), new ManualTime());
  }

  @Test
  void keepsTheDataOverAReopeningAndOutOfHistory() {
    ResourceObject first = secret("a.example");
    ResourceObject second = secret("b.example");
    try (EmbeddedStore store = open()) {
      store.write(List.of(Mutation.Put.of(first)), WRITER);
      store.write(List.of(Mutation.Put.of(second)), WRITER);
    }
    try (EmbeddedStore store = open()) {
      assertThat(store.get(KEY).orElseThrow().spec()).isEqualTo(second.spec());
      List<HistoryEntry> past = store.history(KEY, 10);
      assertThat(past).hasSize(2);
      for (HistoryEntry entry : past) {
        assertThat(entry.after().orElseThrow().spec()).isEqualTo(SecretSpec.WITHOUT_DATA);
      }
      // Taking back what history has would lose the certificate that is in force.
      WriteResult refused =
          store.write(
              List.of(
                  Mutation.Put.of(
                      ResourceObject.of(ObjectMeta.of("cert"), SecretSpec.WITHOUT_DATA))),
              WRITER);
      assertThat(refused)
          .isInstanceOfSatisfying(
              WriteResult.Refused.class,
              result ->
                  assertThat(result.conflicts().getFirst().offending())
                      .isEqualTo("its data is not kept in history"));
      assertThat(store.get(KEY).orElseThrow().spec()).isEqualTo(second.spec());
    }
  }
}
