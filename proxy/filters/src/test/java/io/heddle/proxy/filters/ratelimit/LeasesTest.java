package io.heddle.proxy.filters.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.heddle.proxy.filters.descriptors.Descriptor;
import io.heddle.proxy.filters.descriptors.Descriptor.Entry;
import io.heddle.proxy.filters.ratelimit.Leases.Decision;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class LeasesTest {
  private static final long MS = 1_000_000;
  private static final long LIFE = 100;
  private static final Descriptor ANN = descriptor("ann");
  private static final Descriptor BOB = descriptor("bob");
  private static final String LIMIT = "current_limit { requests_per_unit: 1000 unit: SECOND } ";

  private final Leases leases = new Leases(20 * MS, 0);
  private long now;

  @Test
  void whereTheServiceKnowsNoneEveryRequestAsks() {
    assertThat(decide(ANN)).isEqualTo(new Decision.Ask(Leases.PROBE));
    answered(List.of(ANN), "overall_code: OK statuses { code: OK " + LIMIT + "}", 0);
    assertThat(decide(ANN)).isEqualTo(new Decision.Ask(Leases.PROBE));
    assertThat(leases.count()).isZero();
  }

  @Test
  void aLeaseAdmitsAsManyAsItHasAndNoneAfterItsEnd() {
    lend(3, ANN);
    assertThat(admitted(ANN, 3)).isTrue();
    assertThat(decide(ANN)).isInstanceOf(Decision.Ask.class);
    lend(3, ANN);
    now += LIFE * MS;
    assertThat(decide(ANN)).isInstanceOf(Decision.Ask.class);
  }

  @Test
  void oneRequestFetchesAndTheOthersAskForThemselves() {
    lend(0, ANN);
    assertThat(decide(ANN)).isEqualTo(new Decision.Ask(0));
    assertThat(decide(ANN)).isEqualTo(new Decision.Ask(Leases.NOTHING));
    // Its question was lost.
    now += 20 * MS;
    assertThat(((Decision.Ask) decide(ANN)).wanted()).isPositive();
  }

  @Test
  void whatRunsLowIsFetchedBehindTheTraffic() {
    lend(100, ANN);
    boolean fetched = false;
    for (int i = 0; i < 80; i++) {
      now += MS;
      Decision.Made made = (Decision.Made) decide(ANN);
      assertThat(made.admitted()).isTrue();
      if (!made.low().isEmpty()) {
        assertThat(fetched).as("only once").isFalse();
        fetched = true;
        assertThat(made.low())
            .containsExactly(new Descriptor(ANN.entries(), OptionalLong.of(0), Optional.empty()));
        // What this life has used already, without what is left.
        assertThat(made.wanted()).isBetween(30L, 40L);
      }
      // The question is not answered in the time of this test, and is not lost either.
      if (fetched) {
        break;
      }
    }
    assertThat(fetched).isTrue();
    assertThat(((Decision.Made) decide(ANN)).low()).isEmpty();
  }

  @Test
  void whoAsksOftenSoonLeasesWhatALifeUses() {
    lend(0, ANN);
    int asked = 0;
    for (int ms = 0; ms < 1_000; ms++) {
      now += MS;
      switch (decide(ANN)) {
        case Decision.Ask(long wanted) -> {
          asked++;
          lend((int) Math.max(0, wanted), ANN);
        }
        case Decision.Made made -> {
          if (!made.low().isEmpty()) {
            lend((int) made.wanted(), ANN);
          }
        }
      }
    }
    assertThat(asked).isLessThan(20);
    now += 5_000 * MS;
    assertThat(decide(ANN)).isEqualTo(new Decision.Ask(0));
  }

  @Test
  void whoSeldomAsksLeasesNothingAndLosesNothing() {
    lend(0, ANN);
    for (int i = 0; i < 20; i++) {
      now += 250 * MS;
      assertThat(decide(ANN)).isEqualTo(new Decision.Ask(0));
      answered(List.of(ANN), "overall_code: OK statuses { code: OK " + LIMIT + "}", LIFE);
    }
  }

  @Test
  void allDescriptorsNeedALeaseAndNoneIsTakenFromInVain() {
    lend(2, ANN);
    lend(1, BOB);
    assertThat(((Decision.Made) decide(ANN, BOB)).admitted()).isTrue();
    assertThat(decide(ANN, BOB)).isInstanceOf(Decision.Ask.class);
    assertThat(admitted(ANN, 1)).isTrue();
    assertThat(decide(ANN)).isInstanceOf(Decision.Ask.class);
  }

  @Test
  void aRefusalHoldsForAMoment() {
    lend(0, ANN);
    answered(
        List.of(ANN),
        "overall_code: OVER_LIMIT statuses { code: OVER_LIMIT duration_until_reset { seconds: 1 } "
            + LIMIT
            + "}",
        LIFE);
    assertThat(((Decision.Made) decide(ANN)).admitted()).isFalse();
    now += 10 * MS;
    assertThat(decide(ANN)).isInstanceOf(Decision.Ask.class);
  }

  @Test
  void aRefusalEndsWithTheWindowAndLeavesWhatIsLent() {
    lend(1, ANN);
    answered(
        List.of(ANN),
        "overall_code: OVER_LIMIT statuses { code: OVER_LIMIT duration_until_reset { nanos:"
            + " 3000000 } "
            + LIMIT
            + "}",
        LIFE);
    assertThat(admitted(ANN, 1)).isTrue();
    assertThat(((Decision.Made) decide(ANN)).admitted()).isFalse();
    now += 3 * MS;
    assertThat(decide(ANN)).isInstanceOf(Decision.Ask.class);
  }

  @Test
  void whatHasNoLimitIsNotAskedForAgainAtOnce() {
    lend(0, ANN);
    answered(List.of(ANN), "overall_code: OK statuses { code: OK }", LIFE);
    assertThat(admitted(ANN, 1_000)).isTrue();
    now += 1_000 * MS;
    assertThat(decide(ANN)).isInstanceOf(Decision.Ask.class);
  }

  @Test
  void hitsCountAsMany() {
    lend(5, ANN);
    Descriptor three = new Descriptor(ANN.entries(), OptionalLong.of(3), Optional.empty());
    assertThat(((Decision.Made) decide(three)).admitted()).isTrue();
    assertThat(decide(three)).isInstanceOf(Decision.Ask.class);
    assertThat(leases.decide("d", List.of(ANN), 2, now)).isInstanceOf(Decision.Made.class);
    assertThat(decide(ANN)).isInstanceOf(Decision.Ask.class);
  }

  @Test
  void whoAsksLeasesNothingForItself() {
    lend(0, ANN);
    Descriptor six = new Descriptor(ANN.entries(), OptionalLong.of(6), Optional.empty());
    assertThat(decide(six)).isEqualTo(new Decision.Ask(0));
  }

  @Test
  void domainsDoNotShareLeases() {
    lend(5, ANN);
    assertThat(leases.decide("other", List.of(ANN), 0, now)).isInstanceOf(Decision.Ask.class);
  }

  @Test
  void unusedLeasesMakeRoomForOthers() {
    lend(0, ANN);
    for (int i = 0; i < 11_000; i++) {
      decide(descriptor("u" + i));
    }
    assertThat(leases.count()).isEqualTo(10_000);
    now += 11_000 * MS;
    decide(descriptor("late"));
    assertThat(leases.count()).isEqualTo(1);
  }

  private void lend(int hits, Descriptor to) {
    answered(
        List.of(to),
        "overall_code: OK statuses { code: OK "
            + LIMIT
            + (hits > 0 ? "quota { requests: " + hits + " }" : "")
            + "}",
        LIFE);
  }

  private boolean admitted(Descriptor descriptor, int times) {
    for (int i = 0; i < times; i++) {
      if (!(decide(descriptor) instanceof Decision.Made made) || !made.admitted()) {
        return false;
      }
    }
    return true;
  }

  private Decision decide(Descriptor... descriptors) {
    return leases.decide("d", List.of(descriptors), 0, now);
  }

  private void answered(List<Descriptor> to, String response, long leaseMillis) {
    RateLimitResponse.Builder builder = RateLimitResponse.newBuilder();
    try {
      TextFormat.merge(response, builder);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(response, e);
    }
    leases.answered("d", to, new Answer.Decided(builder.build(), leaseMillis), now);
  }

  private static Descriptor descriptor(String user) {
    return new Descriptor(List.of(new Entry("user", user)), OptionalLong.empty(), Optional.empty());
  }
}
