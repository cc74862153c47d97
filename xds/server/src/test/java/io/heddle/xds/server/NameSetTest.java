package io.heddle.xds.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Equal sets of names are one object, as long as that costs little. */
class NameSetTest {
  private final NameSet.Pool pool = new NameSet.Pool();

  private static Set<String> names(int count) {
    return IntStream.range(0, count).mapToObj(i -> "name-" + i).collect(Collectors.toSet());
  }

  @Test
  void equalSetsAreTheSame() {
    NameSet one = pool.of(names(100));
    NameSet other = pool.changed(pool.empty(), names(100), Set.of());
    assertThat(other).isSameAs(one);
    assertThat(pool.changed(other, Set.of("more"), Set.of("name-7")))
        .isSameAs(pool.changed(one, Set.of("more"), Set.of("name-7")));
    assertThat(pool.changed(one, Set.of(), names(100))).isSameAs(pool.empty());
  }

  @Test
  void aSharedSetNeverChanges() {
    NameSet before = pool.of(names(3));
    NameSet after = pool.changed(before, Set.of("more"), Set.of("name-0"));
    assertThat(before.names()).containsExactlyInAnyOrder("name-0", "name-1", "name-2");
    assertThat(after.names()).containsExactlyInAnyOrder("more", "name-1", "name-2");
  }

  @Test
  void aLargeSetThatGrowsByOneNameOfOneClientIsChangedInPlace() {
    NameSet large = pool.of(names(5_000));
    NameSet own = pool.changed(large, Set.of("more"), Set.of());
    assertThat(own.shared()).isFalse();
    assertThat(pool.changed(own, Set.of("most"), Set.of())).isSameAs(own);
    assertThat(own.names()).hasSize(5_002);
    assertThat(large.names()).hasSize(5_000);
  }

  @Test
  void aLargeSetOfManyClientsStaysShared() {
    NameSet large = pool.of(names(5_000));
    for (int i = 0; i < 10; i++) {
      large.used();
    }
    NameSet next = pool.changed(large, Set.of("more"), Set.of());
    assertThat(next.shared()).isTrue();
    assertThat(pool.changed(large, Set.of("more"), Set.of())).isSameAs(next);
  }

  @Test
  void theSameListIsKeptOnce() {
    NameSet set = pool.of(Set.of("a", "b"));
    List<String> first = List.of("a", "b");
    assertThat(set.listed(first)).isSameAs(first);
    assertThat(set.listed(new ArrayList<>(first))).isSameAs(first);
    assertThat(set.listed(List.of("b", "a"))).containsExactly("b", "a");
  }
}
