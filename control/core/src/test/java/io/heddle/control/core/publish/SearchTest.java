package io.heddle.control.core.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SearchTest {
  private static ObjectKey key(int i) {
    return ObjectKey.of(Kind.HTTP_ROUTE, "r" + i);
  }

  @Test
  void findsEveryCulpritAndNobodyElse() {
    Random random = new Random(3);
    for (int round = 0; round < 200; round++) {
      List<ObjectKey> suspects = new ArrayList<>();
      Set<ObjectKey> bad = new HashSet<>();
      int count = 1 + random.nextInt(20);
      for (int i = 0; i < count; i++) {
        suspects.add(key(i));
      }
      for (int i = 0; i <= random.nextInt(3); i++) {
        bad.add(key(random.nextInt(count)));
      }
      Search search = new Search(suspects);
      Set<ObjectKey> found = new HashSet<>(search.refused());
      int trials = 0;
      while (!search.trial().isEmpty()) {
        trials++;
        Set<ObjectKey> shown = new HashSet<>(suspects);
        shown.removeAll(search.left());
        shown.removeAll(found);
        if (shown.stream().anyMatch(bad::contains)) {
          found.addAll(search.refused());
        } else {
          search.accepted();
        }
      }
      assertThat(found).isEqualTo(bad);
      assertThat(trials).isLessThanOrEqualTo(2 * count);
    }
  }
}
