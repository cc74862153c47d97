package io.heddle.proxy.engine.frames;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The streams by number, beside a map that is known to be right. */
class StreamMapTest {
  @Test
  void holdsWhatAnyMapWould() {
    for (int seed = 0; seed < 20; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      StreamMap<String> map = new StreamMap<>();
      Map<Integer, FrameStream<String>> reference = new HashMap<>();
      int range = 1 << (2 + seed % 8);
      for (int i = 0; i < 2_000; i++) {
        int id = 2 * random.nextInt(range) + 1 + (random.nextInt(4) == 0 ? 1 << 16 : 0);
        if (random.nextBoolean()) {
          if (!reference.containsKey(id)) {
            FrameStream<String> stream = new FrameStream<String>().renew(id, 0, 0);
            map.put(stream);
            reference.put(id, stream);
          }
        } else {
          assertThat(map.remove(id)).isEqualTo(reference.remove(id) != null);
        }
        assertThat(map.get(id)).isSameAs(reference.get(id));
        assertThat(map.size()).isEqualTo(reference.size());
      }
      for (int id = 1; id < 2 * range; id += 2) {
        assertThat(map.get(id)).isSameAs(reference.get(id));
      }
      assertThat(map.all()).containsExactlyInAnyOrderElementsOf(reference.values());
    }
  }
}
