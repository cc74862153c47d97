package io.heddle.proxy.engine.overload;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The share of processor time in use, between two looks and smoothed over those before. Used by one
 * thread.
 */
public final class CpuShare implements Pressure {
  /** Where the kernel tells of the machine's processors. */
  static final Path MACHINE = Path.of("/proc/stat");

  private static final int MOST_BYTES = 4_096;

  private final Source source;
  private final double newest;
  private Used before = Used.NOTHING;
  private double share;

  /** Time that was used of all that there was, in any unit. */
  record Used(double used, double all) {
    static final Used NOTHING = new Used(-1, -1);
  }

  /** Says what was used since some beginning. */
  @FunctionalInterface
  interface Source {
    Used read() throws IOException;
  }

  private CpuShare(Source source, double newest) {
    this.source = source;
    this.newest = newest;
  }

  /**
   * Of the machine.
   *
   * @param newest the weight of what was used since the last look, above 0 and at most 1
   */
  public static CpuShare ofMachine(double newest) {
    return of(() -> machine(MACHINE), newest);
  }

  /**
   * Of the control group, whose limit is all that there is.
   *
   * @param root as {@link Pressure#CGROUPS}
   */
  public static CpuShare ofControlGroup(Path root, LongSupplier nanoTime, double newest) {
    return of(() -> controlGroup(root, nanoTime.getAsLong()), newest);
  }

  /** Of the control group where that has a limit, else of the machine. */
  public static CpuShare ofWhatThereIs(Path root, LongSupplier nanoTime, double newest) {
    return limited(root) ? ofControlGroup(root, nanoTime, newest) : ofMachine(newest);
  }

  static CpuShare of(Source source, double newest) {
    return new CpuShare(source, newest);
  }

  @Override
  public double share() throws IOException {
    Used now = source.read();
    double all = now.all() - before.all();
    if (before.all() >= 0 && all > 0) {
      double latest = Math.clamp((now.used() - before.used()) / all, 0, 1);
      share += newest * (latest - share);
    }
    before = now;
    return share;
  }

  /** The first line: user, nice, system, idle, iowait, irq, softirq, steal. */
  static Used machine(Path file) throws IOException {
    String[] words = text(file).lines().findFirst().orElse("").strip().split(" +", -1);
    if (words.length < 8 || !words[0].equals("cpu")) {
      throw new IOException(file + ": no line of all processors (expected: cpu and its times)");
    }
    double all = 0;
    for (int i = 1; i <= Math.min(8, words.length - 1); i++) {
      all += number(words[i], file);
    }
    return new Used(all - number(words[4], file) - number(words[5], file), all);
  }

  static Used controlGroup(Path root, long nowNanos) throws IOException {
    double processors = Runtime.getRuntime().availableProcessors();
    Path second = root.resolve("cpu.stat");
    if (Files.exists(second)) {
      double micros = -1;
      for (String line : text(second).lines().toList()) {
        if (line.startsWith("usage_usec ")) {
          micros = number(line.substring(11).strip(), second);
        }
      }
      if (micros < 0) {
        throw new IOException(second + ": no usage_usec (expected: one)");
      }
      return new Used(micros * 1_000, nowNanos * quota(root, processors));
    }
    Path first = root.resolve("cpuacct/cpuacct.usage");
    return new Used(number(text(first).strip(), first), nowNanos * quota(root, processors));
  }

  /** Whether a limit stands anywhere. */
  static boolean limited(Path root) {
    try {
      return quota(root, -1) > 0;
    } catch (IOException unknown) {
      return false;
    }
  }

  /** The processors that the group may use; {@code unlimited} where nothing is said. */
  private static double quota(Path root, double unlimited) throws IOException {
    Path second = root.resolve("cpu.max");
    if (Files.exists(second)) {
      List<String> words = List.of(text(second).strip().split(" +", -1));
      return words.size() < 2 || words.getFirst().equals("max")
          ? unlimited
          : number(words.get(0), second) / number(words.get(1), second);
    }
    Path quota = root.resolve("cpu/cpu.cfs_quota_us");
    Path period = root.resolve("cpu/cpu.cfs_period_us");
    if (!Files.exists(quota)) {
      return unlimited;
    }
    double allowed = number(text(quota).strip(), quota);
    return allowed <= 0 ? unlimited : allowed / number(text(period).strip(), period);
  }

  private static String text(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MOST_BYTES), StandardCharsets.ISO_8859_1);
    }
  }

  private static double number(String text, Path file) throws IOException {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IOException(file + ": '" + text + "' (expected: a number)", e);
    }
  }
}
