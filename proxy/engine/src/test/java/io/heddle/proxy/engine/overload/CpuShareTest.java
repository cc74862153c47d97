package io.heddle.proxy.engine.overload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.heddle.proxy.engine.overload.CpuShare.Used;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processor time as the kernel tells of it. */
class CpuShareTest {
  @TempDir Path root;

  private void write(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void whatIsNewCountsByItsWeight() throws Exception {
    ArrayDeque<Used> told =
        new ArrayDeque<>(
            List.of(new Used(0, 0), new Used(50, 100), new Used(150, 200), new Used(150, 300)));
    CpuShare share = CpuShare.of(told::removeFirst, 0.5);
    assertThat(share.share()).isZero();
    assertThat(share.share()).isCloseTo(0.25, within(1e-9));
    assertThat(share.share()).isCloseTo(0.625, within(1e-9));
    assertThat(share.share()).isCloseTo(0.3125, within(1e-9));
  }

  @Test
  void readsTheMachines() throws Exception {
    write("stat", "cpu  10 2 8 70 5 1 3 1 99 98\ncpu0 1 1 1 1 1 1 1 1\n");
    assertThat(CpuShare.machine(root.resolve("stat"))).isEqualTo(new Used(25, 100));
    write("stat", "cpu  10 2 8 x 5 1 3 1\n");
    assertThatThrownBy(() -> CpuShare.machine(root.resolve("stat")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'x' (expected: a number)");
    write("stat", "intr 4\n");
    assertThatThrownBy(() -> CpuShare.machine(root.resolve("stat")))
        .hasMessageContaining("no line of all processors");
  }

  @Test
  void readsAControlGroupOfTheSecondKind() throws Exception {
    write("cpu.stat", "usage_usec 5000\nuser_usec 1\n");
    write("cpu.max", "150000 100000\n");
    assertThat(CpuShare.controlGroup(root, 1_000)).isEqualTo(new Used(5_000_000, 1_500));
    assertThat(CpuShare.limited(root)).isTrue();
    write("cpu.max", "max 100000\n");
    int all = Runtime.getRuntime().availableProcessors();
    assertThat(CpuShare.controlGroup(root, 1_000)).isEqualTo(new Used(5_000_000, 1_000.0 * all));
    assertThat(CpuShare.limited(root)).isFalse();
  }

  @Test
  void readsAControlGroupOfTheFirstKind() throws Exception {
    write("cpuacct/cpuacct.usage", "7000\n");
    write("cpu/cpu.cfs_quota_us", "50000\n");
    write("cpu/cpu.cfs_period_us", "100000\n");
    assertThat(CpuShare.controlGroup(root, 1_000)).isEqualTo(new Used(7_000, 500));
    write("cpu/cpu.cfs_quota_us", "-1\n");
    assertThat(CpuShare.limited(root)).isFalse();
  }
}
