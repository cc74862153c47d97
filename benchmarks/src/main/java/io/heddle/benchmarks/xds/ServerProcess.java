package io.heddle.benchmarks.xds;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A control plane in a process of its own. It first says {@code port N}; {@code put CLUSTER
 * REVISION} changes the endpoints of a cluster, {@code gc} is answered by {@code heap BYTES} once
 * garbage is collected, and the end of its input ends it.
 */
final class ServerProcess implements AutoCloseable {
  private static final double TICKS_PER_SECOND = 100;
  private static final int UTIME = 11;

  private final Process process;
  private final BufferedReader said;
  private final Writer told;
  private final InetSocketAddress address;

  private ServerProcess(Process process) throws IOException {
    this.process = process;
    this.said = process.inputReader(UTF_8);
    this.told = process.outputWriter(UTF_8);
    this.address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), Math.toIntExact(number("port")));
  }

  static ServerProcess start(List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      return new ServerProcess(process);
    } catch (IOException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private long number(String word) throws IOException {
    String line = said.readLine();
    while (line != null && line.startsWith("[")) {
      line = said.readLine(); // the JVM's own words
    }
    if (line == null || !line.startsWith(word + " ")) {
      throw new IOException("the server said: " + line + " (expected: " + word + " NUMBER)");
    }
    return Long.parseLong(line.substring(word.length() + 1));
  }

  InetSocketAddress address() {
    return address;
  }

  void put(int cluster, int revision) {
    try {
      told.write("put " + cluster + " " + revision + "\n");
      told.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Live heap after a collection, in bytes. */
  long heap() throws IOException {
    told.write("gc\n");
    told.flush();
    return number("heap");
  }

  /** Processor time of all its threads so far, in seconds. */
  double cpu() throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[UTIME]) + Long.parseLong(fields[UTIME + 1])) / TICKS_PER_SECOND;
  }

  /** Resident memory, in bytes. */
  long rss() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("no VmRSS (expected: a running process)");
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
