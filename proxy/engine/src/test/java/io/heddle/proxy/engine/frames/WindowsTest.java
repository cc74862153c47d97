package io.heddle.proxy.engine.frames;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Flow control in both directions, beside plain sums. */
// Its maps have all streams.
@SuppressWarnings("NullAway")
class WindowsTest {
  private static final int STREAMS = 5;

  /** What a peer that only adds and subtracts knows of one direction. */
  private static final class Sums {
    final Map<Integer, Integer> windows = new HashMap<>();
    final Map<Integer, StringBuilder> bodies = new HashMap<>();
    final Map<Integer, Boolean> ended = new HashMap<>();
    int connection = 65_535;
  }

  private static int id(int stream) {
    return 2 * stream + 1;
  }

  private static void hear(Wired wired, Sums sums) {
    for (String line : wired.news()) {
      String[] words = line.split(" ", 4);
      if (!words[0].equals("data")) {
        continue;
      }
      int id = Integer.parseInt(words[1]);
      String body = words[2];
      sums.connection -= body.length();
      assertThat(sums.connection).isNotNegative();
      if (!body.isEmpty()) {
        assertThat(sums.windows.merge(id, -body.length(), Integer::sum)).isNotNegative();
      }
      sums.bodies.get(id).append(body);
      if (line.endsWith(" end")) {
        assertThat(sums.ended.put(id, true)).isNull();
      }
    }
  }

  @Test
  void nothingIsSentBeyondAWindowAndEverythingInTheEnd() {
    for (int seed = 0; seed < 30; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      try (Wired wired = new Wired(Wired.options(100, 65_535, 65_535))) {
        Sums sums = new Sums();
        Map<Integer, StringBuilder> written = new HashMap<>();
        int initial = 65_535;
        for (int i = 0; i < STREAMS; i++) {
          wired.frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, id(i), Wired.GET);
          wired.answer(id(i), false);
          sums.windows.put(id(i), initial);
          sums.bodies.put(id(i), new StringBuilder());
          written.put(id(i), new StringBuilder());
        }
        for (int step = 0; step < 60; step++) {
          int id = id(random.nextInt(STREAMS));
          switch (random.nextInt(6)) {
            case 0 -> {
              // As often as the guard against floods takes it.
              int more = 1 + random.nextInt(40_000);
              if (random.nextInt(3) == 0) {
                sums.connection += more;
                wired.window(0, more);
              }
            }
            case 1 -> {
              int now = random.nextInt(100_000);
              int difference = now - initial;
              initial = now;
              sums.windows.replaceAll((_, window) -> window + difference);
              wired.frame(Frame.SETTINGS, 0, 0, "\0\4" + Wired.number(now));
            }
            default -> {
              String text = Character.toString('a' + step % 26).repeat(1 + random.nextInt(30_000));
              written.get(id).append(text);
              wired.body(id, text, false);
            }
          }
          hear(wired, sums);
        }
        for (int i = 0; i < STREAMS; i++) {
          wired.body(id(i), "", true);
        }
        for (int i = 0; i < STREAMS; i++) {
          sums.windows.merge(id(i), 10_000_000, Integer::sum);
          wired.window(id(i), 10_000_000);
          hear(wired, sums);
        }
        sums.connection += 10_000_000;
        wired.window(0, 10_000_000);
        hear(wired, sums);
        for (int i = 0; i < STREAMS; i++) {
          assertThat(sums.bodies.get(id(i)).toString())
              .as("seed %d", seed)
              .isEqualTo(written.get(id(i)).toString());
        }
        assertThat(sums.ended).hasSize(STREAMS);
        assertThat(wired.streams).isEmpty();
      }
    }
  }

  @Test
  void streamsThatWaitTakeTurns() {
    try (Wired wired = new Wired(Wired.options(100, 65_535, 65_535))) {
      Sums sums = new Sums();
      for (int i = 0; i < 3; i++) {
        wired.frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, id(i), Wired.GET);
        wired.answer(id(i), false);
        sums.windows.put(id(i), 65_535);
        sums.bodies.put(id(i), new StringBuilder());
      }
      wired.body(1, "a".repeat(65_535), false);
      wired.body(1, "a".repeat(40_000), false);
      wired.body(3, "b".repeat(40_000), false);
      wired.body(5, "c".repeat(40_000), false);
      hear(wired, sums);
      assertThat(sums.bodies.get(1)).hasSize(65_535);
      wired.window(1, 65_535);
      sums.windows.merge(1, 65_535, Integer::sum);
      sums.connection += 3 * 16_384;
      wired.window(0, 3 * 16_384);
      hear(wired, sums);
      assertThat(sums.bodies.get(1)).hasSize(65_535 + 16_384);
      assertThat(sums.bodies.get(3)).hasSize(16_384);
      assertThat(sums.bodies.get(5)).hasSize(16_384);
    }
  }

  @Test
  void creditIsGivenBackBeforeAWindowIsUsedUp() {
    try (Wired wired = new Wired(Wired.options(100, 70_000, 100_000))) {
      SplittableRandom random = new SplittableRandom(1);
      int connection = 100_000;
      int[] windows = {70_000, 70_000};
      int sent = 0;
      for (int i = 0; i < 2; i++) {
        wired.frame(Frame.HEADERS, Frame.END_HEADERS, id(i), Wired.POST);
      }
      while (sent < 5_000_000) {
        int i = random.nextInt(2);
        int n = Math.min(Math.min(connection, windows[i]), 1 + random.nextInt(16_384));
        assertThat(n).as("room after %d bytes", sent).isPositive();
        wired.frame(Frame.DATA, 0, id(i), "x".repeat(n));
        connection -= n;
        windows[i] -= n;
        sent += n;
        for (String line : wired.news()) {
          String[] words = line.split(" ", -1);
          assertThat(words[0]).isEqualTo("window");
          int credit = Integer.parseInt(words[2]);
          int of = Integer.parseInt(words[1]);
          if (of == 0) {
            connection += credit;
            assertThat(credit).isGreaterThanOrEqualTo(50_000);
            assertThat(connection).isLessThanOrEqualTo(100_000);
          } else {
            windows[of / 2] += credit;
            assertThat(credit).isGreaterThanOrEqualTo(35_000);
            assertThat(windows[of / 2]).isLessThanOrEqualTo(70_000);
          }
        }
      }
    }
  }
}
