package io.heddle.xds.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every rule has a test and a mutation, and every mutation still fits the source. */
class RuleMutationsTest {
  private static final Path SOURCES = Path.of("src/main/java/io/heddle/xds/server");

  private final List<RuleMutation> mutations = RuleMutation.all();

  @Test
  void everyRuleHasAMutation() {
    assertThat(mutations.stream().map(RuleMutation::rule).collect(Collectors.toSet()))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.rangeClosed(1, RuleMutation.RULES).boxed().toList());
  }

  @Test
  void everyRuleHasATest() {
    Set<String> rules = new TreeSet<>();
    RuleTests.all().forEach(test -> rules.add(test.method().getName().substring(0, 6)));
    assertThat(rules)
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, RuleMutation.RULES).mapToObj("rule%02d"::formatted).toList());
  }

  @Test
  void everyRuleIsTestedInEveryVariantThatItAppliesTo() {
    for (int rule = 1; rule <= RuleMutation.RULES; rule++) {
      String prefix = "rule%02d_".formatted(rule);
      Set<Variant> tested = EnumSet.noneOf(Variant.class);
      for (RuleTests.RuleTest test : RuleTests.all()) {
        if (test.method().getName().startsWith(prefix)) {
          test.variant().ifPresent(tested::add);
        }
      }
      assertThat(tested).as(prefix).containsAll(variants(rule));
    }
  }

  private static Set<Variant> variants(int rule) {
    return switch (rule) {
      case 2 -> EnumSet.of(Variant.SOTW_ADS, Variant.DELTA_ADS);
      case 4, 18, 19, 23, 24, 25, 37 -> EnumSet.of(Variant.SOTW_ADS, Variant.SOTW_PER_TYPE);
      case 5, 16, 20, 21, 27, 28, 29 -> EnumSet.of(Variant.DELTA_ADS, Variant.DELTA_PER_TYPE);
      default -> EnumSet.allOf(Variant.class);
    };
  }

  @Test
  void everyMutationFitsTheSourceInOnePlace() throws IOException {
    for (RuleMutation mutation : mutations) {
      String source = Files.readString(SOURCES.resolve(mutation.file()));
      for (RuleMutation.Hunk hunk : mutation.hunks()) {
        assertThat(hunk.countIn(source)).as("%s: %s", mutation, hunk.before()).isEqualTo(1);
        assertThat(hunk.in(source)).as(mutation.toString()).isNotEqualTo(source);
      }
    }
  }
}
