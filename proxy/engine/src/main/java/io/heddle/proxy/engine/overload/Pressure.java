package io.heddle.proxy.engine.overload;

import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** How much of something is in use. Called by one thread. */
@FunctionalInterface
public interface Pressure {
  /** The root of the file systems that control groups are shown in. */
  Path CGROUPS = Path.of("/sys/fs/cgroup");

  /** Longest file of one number, in bytes. */
  int LONGEST = 64;

  /**
   * The share in use, from 0; above 1 where more is in use than should be.
   *
   * @throws IOException where it cannot be told; the message says why
   */
  double share() throws IOException;

  /** Share of the heap's old part that survived its last collection, as garbage is no pressure. */
  static Pressure ofHeap() {
    Optional<MemoryPoolMXBean> old = oldPool();
    return () -> old.map(pool -> survived(pool) / most(pool)).orElse(0.0);
  }

  /** Share of direct memory that buffers have. */
  static Pressure ofDirectMemory() {
    return () -> {
      long used = PlatformDependent.usedDirectMemory();
      long most = PlatformDependent.maxDirectMemory();
      return used < 0 || most <= 0 ? 0 : (double) used / most;
    };
  }

  /** Heap and direct memory in use together, as a share of so many bytes. */
  static Pressure ofMemory(long maxBytes) {
    Optional<MemoryPoolMXBean> old = oldPool();
    return () -> {
      double heap = old.map(Pressure::survived).orElse(0.0);
      return (heap + Math.max(PlatformDependent.usedDirectMemory(), 0)) / maxBytes;
    };
  }

  /**
   * Memory of the control group, as a share of its limit or of fewer bytes.
   *
   * @param root {@link #CGROUPS}
   */
  static Pressure ofControlGroup(Path root, long maxBytes) {
    return () -> {
      boolean second = Files.exists(root.resolve("memory.current"));
      Path used =
          second ? root.resolve("memory.current") : root.resolve("memory/memory.usage_in_bytes");
      Path limit =
          second ? root.resolve("memory.max") : root.resolve("memory/memory.limit_in_bytes");
      String most = read(limit);
      double allowed = most.equals("max") ? Double.MAX_VALUE : number(most, limit);
      return number(read(used), used) / Math.min(allowed, (double) maxBytes);
    };
  }

  /** The number in a file. */
  static Pressure ofFile(Path file) {
    return () -> {
      double share = number(read(file), file);
      if (share < 0 || share > 1) {
        throw new IOException(file + ": " + share + " (expected: 0 to 1)");
      }
      return share;
    };
  }

  private static Optional<MemoryPoolMXBean> oldPool() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .filter(MemoryPoolMXBean::isUsageThresholdSupported)
        .findFirst();
  }

  private static double survived(MemoryPoolMXBean pool) {
    MemoryUsage now = pool.getUsage();
    MemoryUsage collected = pool.getCollectionUsage();
    return now == null || collected == null ? 0 : Math.min(now.getUsed(), collected.getUsed());
  }

  private static double most(MemoryPoolMXBean pool) {
    MemoryUsage now = pool.getUsage();
    return now == null || now.getMax() <= 0 ? Double.MAX_VALUE : now.getMax();
  }

  private static String read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(LONGEST + 1);
      if (bytes.length > LONGEST) {
        throw new IOException(file + ": more than " + LONGEST + " bytes (expected: one number)");
      }
      return new String(bytes, StandardCharsets.ISO_8859_1).strip();
    } catch (NoSuchFileException e) {
      throw new IOException(file + ": no such file (expected: one of one number)", e);
    }
  }

  private static double number(String text, Path file) throws IOException {
    try {
      double number = Double.parseDouble(text);
      if (Double.isNaN(number)) {
        throw new IOException(file + ": NaN (expected: a number)");
      }
      return number;
    } catch (NumberFormatException e) {
      throw new IOException(file + ": '" + text + "' (expected: a number)", e);
    }
  }
}
