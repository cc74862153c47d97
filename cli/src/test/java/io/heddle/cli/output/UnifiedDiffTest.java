package io.heddle.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UnifiedDiffTest {
  @Test
  void isEmptyForTheSame() {
    assertThat(UnifiedDiff.of("a\nb\n", "a\nb\n")).isEmpty();
    assertThat(UnifiedDiff.of("", "")).isEmpty();
  }

  @Test
  void showsThreeLinesAround() {
    String before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    assertThat(UnifiedDiff.of(before, before.replace("5", "five")))
        .containsExactly("@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8");
  }

  @Test
  void beginsANewGroupWhereMoreThanSixLinesLieBetween() {
    StringBuilder before = new StringBuilder();
    for (int i = 1; i <= 20; i++) {
      before.append(i).append('\n');
    }
    String text = before.toString();
    List<String> diff = UnifiedDiff.of(text, text.replace("2\n3\n", "3\n").replace("19\n", "x\n"));
    assertThat(diff.stream().filter(line -> line.startsWith("@@")))
        .containsExactly("@@ -1,5 +1,4 @@", "@@ -16,5 +15,5 @@");
  }

  @Test
  void showsWhatIsNewOrGoneWhole() {
    assertThat(UnifiedDiff.of("", "a\nb\n")).containsExactly("@@ -0,0 +1,2 @@", "+a", "+b");
    assertThat(UnifiedDiff.of("a\n", "")).containsExactly("@@ -1 +0,0 @@", "-a");
  }

  @Test
  void appliedToTheFirstGivesTheSecond() {
    Random random = new Random(7);
    for (int i = 0; i < 500; i++) {
      List<String> before = lines(random);
      List<String> after = lines(random);
      assertThat(patched(before, UnifiedDiff.of(text(before), text(after))))
          .as(before + " to " + after)
          .isEqualTo(after);
    }
  }

  private static List<String> lines(Random random) {
    List<String> lines = new ArrayList<>();
    int count = random.nextInt(30);
    for (int i = 0; i < count; i++) {
      lines.add(String.valueOf((char) ('a' + random.nextInt(4))));
    }
    return lines;
  }

  private static String text(List<String> lines) {
    return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
  }

  /** What {@code patch} does. */
  private static List<String> patched(List<String> before, List<String> diff) {
    List<String> out = new ArrayList<>();
    int at = 0;
    for (String line : diff) {
      if (line.startsWith("@@")) {
        String[] range = line.split(" ", -1)[1].substring(1).split(",", -1);
        int start = Integer.parseInt(range[0]);
        int count = range.length > 1 ? Integer.parseInt(range[1]) : 1;
        int first = count == 0 ? start : start - 1;
        while (at < first) {
          out.add(before.get(at++));
        }
      } else if (line.startsWith(" ")) {
        out.add(before.get(at++));
      } else if (line.startsWith("-")) {
        at++;
      } else {
        out.add(line.substring(1));
      }
    }
    out.addAll(before.subList(at, before.size()));
    return out;
  }
}
