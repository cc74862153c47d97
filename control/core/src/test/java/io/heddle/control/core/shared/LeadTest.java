package io.heddle.control.core.shared;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who of two control planes leads. */
class LeadTest {
  private final FakeKeys keys = new FakeKeys();
  private final ManualTime time = new ManualTime();
  private final FakeKeys.Link oneLink = keys.link();
  private final FakeKeys.Link twoLink = keys.link();
  private long oneLease = oneLink.grant(Duration.ofSeconds(6));
  private final long twoLease = twoLink.grant(Duration.ofSeconds(6));
  private final Lead one = new Lead(oneLink, "lead", "one", () -> oneLease, time::nanoTime);
  private final Lead two = new Lead(twoLink, "lead", "two", () -> twoLease, time::nanoTime);

  @AfterEach
  void close() {
    oneLink.close();
    twoLink.close();
  }

  private void later() {
    time.advance(Lead.FRESH);
  }

  @Test
  void theFirstWhoAsksLeadsUntilItIsGone() {
    assertThat(two.held()).isTrue();
    assertThat(one.held()).isFalse();
    later();
    assertThat(one.held()).isFalse();
    assertThat(two.held()).isTrue();
    keys.expire(twoLease);
    assertThat(one.held()).as("it was asked a moment ago").isFalse();
    later();
    assertThat(one.held()).isTrue();
    assertThat(two.held()).isFalse();
  }

  @Test
  void whoIsCutOffOrHasNoLeaseDoesNotLead() {
    oneLink.cut(true);
    assertThat(one.held()).isFalse();
    oneLink.cut(false);
    oneLease = 0;
    later();
    assertThat(one.held()).isFalse();
    assertThat(keys.count("lead")).isZero();
  }
}
