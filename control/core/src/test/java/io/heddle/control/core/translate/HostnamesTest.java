package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HostnamesTest {
  @ParameterizedTest
  @CsvSource({
    "*, a.com, a.com",
    "*.a.com, x.a.com, x.a.com",
    "*.a.com, x.y.a.com, x.y.a.com",
    "*.a.com, a.com, ''",
    "*.a.com, *.b.a.com, *.b.a.com",
    "*.a.com, *.a.com, *.a.com",
    "*.a.com, xa.com, ''",
    "a.com, b.com, ''",
    "*.a.com, *, *.a.com"
  })
  void intersects(String one, String other, String expected) {
    assertThat(Hostnames.intersection(one, other)).isEqualTo(expected);
    assertThat(Hostnames.intersection(other, one)).isEqualTo(expected);
  }
}
