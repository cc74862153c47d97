package io.heddle.benchmarks.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * Sends requests at a fixed rate, whether answers come or not, and prints the latencies.
 *
 * <p>Every request has a time at which it is due; its latency counts from then, so that a proxy
 * that stalls pays for the requests that waited (no coordinated omission). A request that finds no
 * free connection waits in line and its wait counts.
 */
public final class OpenLoop {
  private static final int MAX_RATE = 200_000;
  private static final int MAX_SECONDS = 300;
  private static final int MAX_CONNECTIONS = 1_000;

  private final ByteBuffer request;
  private final long intervalNanos;
  private final Histogram micros = new Histogram(60_000_000L, 3);
  private final ArrayDeque<Connection> idle = new ArrayDeque<>();
  private final ArrayDeque<Long> waiting = new ArrayDeque<>();
  private long failures;

  private OpenLoop(InetSocketAddress target, String path, int rate) {
    this.request =
        ByteBuffer.wrap(
            ("GET " + path + " HTTP/1.1\r\nHost: " + target.getHostString() + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    this.intervalNanos = 1_000_000_000L / rate;
  }

  /** {@code PORT PATH RATE SECONDS CONNECTIONS}, loopback only; prints one line of JSON. */
  public static void main(String[] args) throws IOException {
    if (args.length != 5) {
      System.err.println("usage: OpenLoop PORT PATH RATE SECONDS CONNECTIONS");
      System.exit(64);
    }
    InetSocketAddress target =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), bounded(args[0], 65_535));
    int rate = bounded(args[2], MAX_RATE);
    OpenLoop loop = new OpenLoop(target, args[1], rate);
    loop.run(target, bounded(args[3], MAX_SECONDS), bounded(args[4], MAX_CONNECTIONS));
    loop.print(rate);
  }

  private static int bounded(String text, int max) {
    int value = Integer.parseInt(text);
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(text + " (expected: 1 to " + max + ")");
    }
    return value;
  }

  private void run(InetSocketAddress target, int seconds, int connections) throws IOException {
    try (Selector selector = Selector.open()) {
      for (int i = 0; i < connections; i++) {
        SocketChannel channel = SocketChannel.open(target);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        Connection connection = new Connection(channel);
        channel.register(selector, SelectionKey.OP_READ, connection);
        idle.add(connection);
      }
      long start = System.nanoTime();
      long end = start + seconds * 1_000_000_000L;
      long grace = end + 2_000_000_000L;
      long due = start;
      int busy = 0;
      for (long now = start; now < end || (now < grace && busy > 0); now = System.nanoTime()) {
        for (; due <= now && due < end; due += intervalNanos) {
          waiting.add(due);
        }
        while (!waiting.isEmpty() && !idle.isEmpty()) {
          idle.remove().send(waiting.remove());
        }
        busy = connections - idle.size() + waiting.size();
        if (due - System.nanoTime() > 1_200_000L) {
          selector.select(1);
        } else {
          selector.selectNow();
        }
        for (SelectionKey key : selector.selectedKeys()) {
          read((Connection) key.attachment(), key);
        }
        selector.selectedKeys().clear();
      }
      failures += waiting.size() + (connections - idle.size());
    }
  }

  private void read(Connection connection, SelectionKey key) throws IOException {
    int answered = connection.read();
    if (answered < 0) {
      key.cancel();
      connection.channel.close();
    } else if (answered > 0) {
      micros.recordValue(Math.min(60_000_000L, (System.nanoTime() - connection.due) / 1_000));
      if (answered != 200) {
        failures++;
      }
      idle.add(connection);
    }
  }

  private void print(int rate) {
    System.out.printf(
        Locale.ROOT,
        "{\"rate\":%d,\"answered\":%d,\"failed\":%d,\"p50_us\":%d,\"p99_us\":%d,\"p999_us\":%d}%n",
        rate,
        micros.getTotalCount(),
        failures,
        micros.getValueAtPercentile(50),
        micros.getValueAtPercentile(99),
        micros.getValueAtPercentile(99.9));
  }

  /**
   * One keep-alive connection with at most one request under way. Owned by the selector's thread.
   */
  private final class Connection {
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocateDirect(256 * 1024);
    private long due;
    private int bodyAt = -1;
    private long length;

    Connection(SocketChannel channel) {
      this.channel = channel;
    }

    void send(long due) throws IOException {
      this.due = due;
      ByteBuffer out = request.duplicate();
      while (out.hasRemaining()) {
        channel.write(out);
      }
    }

    /** The status of a whole answer, 0 while it is not whole, -1 when the connection is gone. */
    int read() throws IOException {
      if (channel.read(in) < 0) {
        return -1;
      }
      if (bodyAt < 0 && !head()) {
        return 0;
      }
      if (in.position() < bodyAt + length) {
        return 0;
      }
      int status = (in.get(9) - '0') * 100 + (in.get(10) - '0') * 10 + in.get(11) - '0';
      in.clear();
      bodyAt = -1;
      return status;
    }

    private boolean head() {
      int end = in.position();
      for (int i = 3; i < end; i++) {
        if (in.get(i) == '\n' && in.get(i - 2) == '\n') {
          byte[] head = new byte[i];
          in.get(0, head);
          String text = new String(head, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
          int at = text.indexOf("\r\ncontent-length:");
          if (at < 0) {
            throw new IllegalStateException("answer without content-length:\n" + text);
          }
          int from = at + "\r\ncontent-length:".length();
          length = Long.parseLong(text.substring(from, text.indexOf('\r', from)).trim());
          bodyAt = i + 1;
          return true;
        }
      }
      return false;
    }
  }
}
