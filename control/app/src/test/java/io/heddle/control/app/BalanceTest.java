package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BalanceTest {
  @Test
  void whoHasMoreThanItsShareLetsATenthOfThatGo() {
    assertThat(Balance.surplus(3_000, List.of(3_000, 0, 0))).isEqualTo(200);
    assertThat(Balance.surplus(50, List.of(50, 10))).isEqualTo(2);
  }

  @Test
  void whatIsAboutEvenStays() {
    assertThat(Balance.surplus(1_050, List.of(1_050, 1_000, 950))).isZero();
    assertThat(Balance.surplus(10, List.of(10, 1))).isZero();
    assertThat(Balance.surplus(0, List.of(0, 900))).isZero();
    assertThat(Balance.surplus(5_000, List.of(5_000))).isZero();
    assertThat(Balance.surplus(5_000, List.of())).isZero();
  }

  @Test
  void comesToRestAboutEven() {
    int[] streams = {3_000, 0, 0};
    int rounds = 0;
    for (int most = 1; most > 0; rounds++) {
      most = Balance.surplus(streams[0], List.of(streams[0], streams[1], streams[2]));
      streams[0] -= most;
      streams[1] += most / 2;
      streams[2] += most - most / 2;
    }
    assertThat(streams[0]).isBetween(1_000, 1_101);
    assertThat(rounds).as("slowly").isBetween(10, 60);
  }
}
