package io.heddle.benchmarks.xds;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One endpoint change over many streams, on our server and on others, with one client.
 *
 * <p>For each number of streams the servers take turns: one change each, until all rounds are over;
 * where they do not all fit into the client at once, one server after the other. The time is from
 * the client's word to the server (through a pipe) until a proxy has the change. Processor time is
 * the server's over all rounds, acknowledgements included.
 *
 * <p>Arguments: {@code delta|sotw STREAMS,STREAMS,… CLUSTERS ENDPOINTS WARM_UP ROUNDS}, then for
 * each server {@code --}, its name and its command, to which the number of clusters and of
 * endpoints is added.
 */
public final class FanOut {
  private static final int CONNECTIONS_AT_ONCE = 15_000;
  private static final int PAUSE_MILLIS = 20;

  /** With more streams there are fewer rounds, as each takes longer. */
  private static final int SLOW_FROM = 2_000;

  private record Setting(
      boolean delta, List<Integer> streams, int clusters, int endpoints, int warmUp, int rounds) {}

  /** One server under measurement. */
  private static final class Subject {
    private final String name;
    private final ServerProcess server;
    private final Fleet fleet;
    private final double syncSeconds;
    private final double syncCpu;
    private final double heapPerStream;
    private final double rssPerStream;
    private final List<Long> untilAll = new ArrayList<>();
    private final List<Long> untilEach = new ArrayList<>();
    private double cpu;
    private long bytes;
    private int revision;

    Subject(String name, ServerProcess server, Fleet fleet)
        throws IOException, InterruptedException {
      this.name = name;
      this.server = server;
      this.fleet = fleet;
      long heap = server.heap();
      long rss = server.rss();
      double before = server.cpu();
      this.syncSeconds = fleet.open();
      Thread.sleep(200);
      this.syncCpu = server.cpu() - before;
      this.heapPerStream = (server.heap() - heap) / 1024.0 / fleet.size();
      this.rssPerStream = (server.rss() - rss) / 1024.0 / fleet.size();
    }

    void round(int clusters, boolean measured) throws IOException, InterruptedException {
      int next = ++revision;
      long before = fleet.received()[1];
      double cpuBefore = server.cpu();
      long[] times = fleet.round(() -> server.put(next % clusters, next));
      // The acknowledgements of a round belong to it.
      Thread.sleep(PAUSE_MILLIS + fleet.size() / 20);
      if (measured) {
        cpu += server.cpu() - cpuBefore;
        bytes += fleet.received()[1] - before;
        untilAll.add(times[times.length - 1]);
        untilEach.add(times[times.length / 2]);
      }
    }
  }

  private final Setting setting;
  private final Map<String, List<String>> commands;
  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

  private FanOut(Setting setting, Map<String, List<String>> commands) {
    this.setting = setting;
    this.commands = commands;
  }

  /** Runs all and prints a line a server and number of streams. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Map<String, List<String>> commands = new LinkedHashMap<>();
    int first = List.of(args).indexOf("--");
    if (first != 6) {
      throw new IllegalArgumentException(
          "%d arguments before -- (expected: delta|sotw STREAMS CLUSTERS ENDPOINTS WARM_UP ROUNDS)"
              .formatted(first));
    }
    List<String> words = List.of(args);
    for (int at = first; at < args.length; ) {
      int end = at + 1;
      while (end < args.length && !args[end].equals("--")) {
        end++;
      }
      commands.put(args[at + 1], words.subList(at + 2, end));
      at = end;
    }
    List<Integer> streams = new ArrayList<>();
    for (String each : args[1].split(",", -1)) {
      streams.add(Integer.parseInt(each));
    }
    FanOut run =
        new FanOut(
            new Setting(
                args[0].equals("delta"),
                streams,
                Integer.parseInt(args[2]),
                Integer.parseInt(args[3]),
                Integer.parseInt(args[4]),
                Integer.parseInt(args[5])),
            commands);
    System.out.println(
        "# times: ms from the change until all streams have it, and until half have it;"
            + " cpu: of the server, ms a change");
    for (int each : streams) {
      run.measure(each);
    }
    run.loop.shutdownGracefully().syncUninterruptibly();
  }

  private void measure(int streams) throws IOException, InterruptedException {
    boolean together = streams * commands.size() <= CONNECTIONS_AT_ONCE;
    if (together) {
      measure(streams, List.copyOf(commands.keySet()));
    } else {
      for (String name : commands.keySet()) {
        measure(streams, List.of(name));
      }
    }
  }

  private void measure(int streams, List<String> names) throws IOException, InterruptedException {
    List<ServerProcess> started = new ArrayList<>();
    try {
      List<Subject> subjects = new ArrayList<>();
      for (String name : names) {
        List<String> command = new ArrayList<>(commands.getOrDefault(name, List.of()));
        command.add(Integer.toString(setting.clusters()));
        command.add(Integer.toString(setting.endpoints()));
        ServerProcess server = ServerProcess.start(command);
        started.add(server);
        Fleet fleet =
            new Fleet(
                loop.next(),
                server.address(),
                setting.delta(),
                streams,
                Fleet.names(setting.clusters()));
        subjects.add(new Subject(name, server, fleet));
        System.out.printf(Locale.ROOT, "# %s: %d streams are in sync%n", name, streams);
      }
      int share = Math.max(1, streams / SLOW_FROM);
      int warmUp = Math.max(2, setting.warmUp() / share);
      int rounds = Math.max(6, setting.rounds() / share);
      for (int round = 0; round < warmUp + rounds; round++) {
        for (Subject subject : subjects) {
          subject.round(setting.clusters(), round >= warmUp);
        }
      }
      for (Subject subject : subjects) {
        double[] again = new double[2];
        double before = subject.server.cpu();
        if (setting.delta()) {
          int next = ++subject.revision;
          again =
              subject.fleet.reconnect(() -> subject.server.put(next % setting.clusters(), next));
        }
        Thread.sleep(PAUSE_MILLIS + streams / 20);
        print(subject, streams, again, subject.server.cpu() - before);
        subject.fleet.close();
      }
    } finally {
      started.forEach(ServerProcess::close);
    }
  }

  private static void print(Subject subject, int streams, double[] again, double cpu) {
    Collections.sort(subject.untilAll);
    Collections.sort(subject.untilEach);
    int rounds = subject.untilAll.size();
    System.out.printf(
        Locale.ROOT,
        "%-12s %6d streams: all median %7.1f, p99 %7.1f; half median %7.1f; cpu %7.1f; %6.0f B a"
            + " stream; heap %6.1f KB, rss %6.1f KB a stream; first sync %5.1f s, cpu %5.1f s;"
            + " reconnect %5.1f s, cpu %5.1f s, with %.0f resent%n",
        subject.name,
        streams,
        subject.untilAll.get(rounds / 2) / 1e6,
        subject.untilAll.get(Math.min(rounds - 1, (int) Math.ceil(rounds * 0.99) - 1)) / 1e6,
        subject.untilEach.get(rounds / 2) / 1e6,
        subject.cpu * 1e3 / rounds,
        (double) subject.bytes / rounds / streams,
        subject.heapPerStream,
        subject.rssPerStream,
        subject.syncSeconds,
        subject.syncCpu,
        again[0],
        cpu,
        // Each is to receive the one change that was made after it came back.
        Math.max(0, again[1] - streams));
  }
}
