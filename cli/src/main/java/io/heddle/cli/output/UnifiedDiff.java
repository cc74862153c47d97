package io.heddle.cli.output;

import java.util.ArrayList;
import java.util.List;

/**
 * What is different between two texts, as {@code diff -u} writes it: lines that begin with a blank
 * are in both, with a minus in the first, with a plus in the second, in groups with three lines
 * around them.
 */
public final class UnifiedDiff {
  private static final int CONTEXT = 3;

  /** Above so many comparisons the middle is shown as replaced whole. */
  private static final long MOST_COMPARISONS = 4_000_000;

  /** One line of the longest possible difference. */
  private record Line(char sign, String text) {}

  private UnifiedDiff() {}

  /** The groups with their heads; nothing where the texts are the same. */
  public static List<String> of(String before, String after) {
    List<Line> lines = compare(lines(before), lines(after));
    List<String> out = new ArrayList<>();
    int first = 1;
    int second = 1;
    int at = 0;
    while (at < lines.size()) {
      int change = nextChange(lines, at);
      if (change < 0) {
        break;
      }
      int begin = Math.max(at, change - CONTEXT);
      for (; at < begin; at++) {
        first++;
        second++;
      }
      int end = endOfGroup(lines, change);
      int minus = 0;
      int plus = 0;
      List<String> group = new ArrayList<>();
      for (; at < end; at++) {
        Line line = lines.get(at);
        minus += line.sign() == '+' ? 0 : 1;
        plus += line.sign() == '-' ? 0 : 1;
        group.add(line.sign() + line.text());
      }
      out.add("@@ -" + range(first, minus) + " +" + range(second, plus) + " @@");
      out.addAll(group);
      first += minus;
      second += plus;
    }
    return out;
  }

  private static String range(int start, int count) {
    return count == 1 ? String.valueOf(start) : (count == 0 ? start - 1 : start) + "," + count;
  }

  private static int nextChange(List<Line> lines, int from) {
    for (int i = from; i < lines.size(); i++) {
      if (lines.get(i).sign() != ' ') {
        return i;
      }
    }
    return -1;
  }

  /** Behind the lines after the last change that is near. */
  private static int endOfGroup(List<Line> lines, int change) {
    int last = change;
    for (int i = change; i < lines.size() && i <= last + 2 * CONTEXT; i++) {
      if (lines.get(i).sign() != ' ') {
        last = i;
      }
    }
    return Math.min(lines.size(), last + 1 + CONTEXT);
  }

  private static List<String> lines(String text) {
    return text.isEmpty() ? List.of() : text.lines().toList();
  }

  private static List<Line> compare(List<String> before, List<String> after) {
    int head = 0;
    while (head < before.size()
        && head < after.size()
        && before.get(head).equals(after.get(head))) {
      head++;
    }
    int tail = 0;
    while (tail < before.size() - head
        && tail < after.size() - head
        && before.get(before.size() - 1 - tail).equals(after.get(after.size() - 1 - tail))) {
      tail++;
    }
    List<Line> out = new ArrayList<>();
    before.subList(0, head).forEach(line -> out.add(new Line(' ', line)));
    middle(
        before.subList(head, before.size() - tail), after.subList(head, after.size() - tail), out);
    before
        .subList(before.size() - tail, before.size())
        .forEach(line -> out.add(new Line(' ', line)));
    return out;
  }

  /** By the longest common subsequence. */
  private static void middle(List<String> before, List<String> after, List<Line> out) {
    int rows = before.size();
    int columns = after.size();
    if ((long) rows * columns > MOST_COMPARISONS) {
      before.forEach(line -> out.add(new Line('-', line)));
      after.forEach(line -> out.add(new Line('+', line)));
      return;
    }
    int[][] common = new int[rows + 1][columns + 1];
    for (int i = rows - 1; i >= 0; i--) {
      for (int j = columns - 1; j >= 0; j--) {
        common[i][j] =
            before.get(i).equals(after.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    int i = 0;
    int j = 0;
    while (i < rows || j < columns) {
      if (i < rows && j < columns && before.get(i).equals(after.get(j))) {
        out.add(new Line(' ', before.get(i)));
        i++;
        j++;
      } else if (i < rows && (j == columns || common[i + 1][j] >= common[i][j + 1])) {
        out.add(new Line('-', before.get(i)));
        i++;
      } else {
        out.add(new Line('+', after.get(j)));
        j++;
      }
    }
  }
}
