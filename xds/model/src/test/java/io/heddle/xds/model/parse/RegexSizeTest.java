package io.heddle.xds.model.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RegexSizeTest {

  @Test
  void multipliesNestedCounts() {
    assertThat(RegexSize.of("(a{1000}){1000}")).isGreaterThan(RegexSize.MOST);
    assertThat(RegexSize.of("\\pL{1000}[]a]{9}[[:alpha:]]{2,30}")).isBetween(1039L, 1100L);
    assertThat(RegexSize.of("/api/v[0-9]+/(orders|stock)/.*")).isLessThan(60);
  }

  @Test
  void boundsWhatTheCompilerMakesOfAnyRegexThatPasses() {
    String[] parts = {
      "a",
      "(",
      ")",
      "(?:",
      "|",
      "*",
      "+?",
      "{3}",
      "{20}",
      "{2,}",
      "{,3}",
      "{200}",
      "[a-z]",
      "[^]]",
      "\\{",
      "\\d",
      "\\Qab\\E",
      "\\Q",
      "[",
      "\\pN",
      "\\x{41}",
      "]",
      "{",
      "."
    };
    Random random = new Random(20261124);
    for (int round = 0; round < 20_000; round++) {
      StringBuilder regex = new StringBuilder();
      for (int i = random.nextInt(10); i >= 0; i--) {
        regex.append(parts[random.nextInt(parts.length)]);
      }
      if (RegexSize.of(regex.toString()) > RegexSize.MOST) {
        continue;
      }
      try {
        assertThat(Pattern.compile(regex.toString()).programSize())
            .as(regex.toString())
            .isLessThan(5 * RegexSize.MOST);
      } catch (PatternSyntaxException e) {
        assertThat(e.getDescription()).isNotEmpty();
      }
    }
  }
}
