package io.heddle.proxy.engine.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Held against a plain list of times. */
class DeadlineWheelTest {
  private long now;
  private long wakeAt = Long.MAX_VALUE;
  private final DeadlineWheel wheel = new DeadlineWheel(() -> now, nanos -> wakeAt = now + nanos);

  private final class Probe extends Deadline {
    long wanted = Long.MAX_VALUE;
    long firedAt = -1;

    @Override
    protected void expired() {
      firedAt = now;
    }
  }

  @Test
  void firesOnTimeWhateverTheDistanceAndNeverEarly() {
    Random random = new Random(7);
    List<Probe> probes = new ArrayList<>();
    for (int round = 0; round < 4000; round++) {
      int kind = random.nextInt(10);
      if (kind < 4 || probes.isEmpty()) {
        Probe probe = new Probe();
        probes.add(probe);
        arm(probe, random);
      } else if (kind < 7) {
        arm(probes.get(random.nextInt(probes.size())), random);
      } else if (kind == 7) {
        Probe probe = probes.get(random.nextInt(probes.size()));
        probe.wanted = Long.MAX_VALUE;
        wheel.disarm(probe);
      } else if (kind == 8) {
        Probe probe = probes.remove(random.nextInt(probes.size()));
        wheel.remove(probe);
        probe.wanted = Long.MAX_VALUE;
      }
      now += random.nextLong(1L << (20 + random.nextInt(18)));
      wheel.turn();
      for (Probe probe : probes) {
        boolean due = probe.wanted <= now - 1_000_000;
        if (due) {
          assertThat(probe.firedAt).isGreaterThanOrEqualTo(probe.wanted);
          probe.wanted = Long.MAX_VALUE;
        }
        if (probe.firedAt >= 0 && probe.wanted != Long.MAX_VALUE) {
          // Fired in the last millisecond before the check would demand it.
          assertThat(probe.firedAt).isGreaterThanOrEqualTo(probe.wanted);
          probe.wanted = Long.MAX_VALUE;
        }
        probe.firedAt = -1;
      }
    }
  }

  private void arm(Probe probe, Random random) {
    long after = random.nextLong(1L << (18 + random.nextInt(30)));
    probe.wanted = now + after;
    probe.firedAt = -1;
    wheel.arm(probe, after);
  }

  @Test
  void asksToBeWokenForTheEarliest() {
    Probe late = new Probe();
    Probe early = new Probe();
    wheel.arm(late, 10_000_000);
    assertThat(wakeAt).isEqualTo(10_000_000);
    wheel.arm(early, 3_000_000);
    assertThat(wakeAt).isEqualTo(3_000_000);
    now = 3_000_000;
    wheel.turn();
    assertThat(early.firedAt).isEqualTo(3_000_000);
    assertThat(late.firedAt).isEqualTo(-1);
    assertThat(wakeAt).isEqualTo(10_000_000);
  }

  @Test
  void puttingOffCostsNoMoveAndFiresOnce() {
    Probe probe = new Probe();
    for (int i = 0; i < 100; i++) {
      wheel.arm(probe, 5_000_000);
      now += 1_000_000;
      wheel.turn();
      assertThat(probe.firedAt).isEqualTo(-1);
    }
    now += 5_000_000;
    wheel.turn();
    assertThat(probe.firedAt).isEqualTo(now);
    assertThat(probe.armed()).isFalse();
  }
}
