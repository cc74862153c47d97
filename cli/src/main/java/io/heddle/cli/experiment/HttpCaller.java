package io.heddle.cli.experiment;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Requests over kept connections of HTTP/1.1, one at a time on each. Nothing is sent twice: what
 * fails has failed. Safe on any thread.
 */
final class HttpCaller implements Closeable {
  private final InetSocketAddress target;
  private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();

  HttpCaller(InetSocketAddress target) {
    this.target = target;
  }

  private record Connection(Socket socket, BufferedInputStream in) {}

  /**
   * A GET, and its outcome.
   *
   * @param left until nobody waits any more
   */
  Outcome get(String host, String path, Map<String, String> headers, Duration left) {
    long end = System.nanoTime() + left.toNanos();
    try {
      Connection connection = idle.pollFirst();
      if (connection == null) {
        connection = connect(left);
      }
      try {
        connection.socket().getOutputStream().write(request(host, path, headers));
        // The whole answer is read under the time that is left at its beginning: they are short.
        connection.socket().setSoTimeout(millis(end - System.nanoTime()));
        HttpMessage answer = HttpMessage.read(connection.in()).orElse(null);
        if (answer == null) {
          close(connection);
          return Outcome.BROKEN;
        }
        if (answer.lastOfItsConnection()) {
          close(connection);
        } else {
          idle.addFirst(connection);
        }
        return Outcome.ofStatus(answer.status());
      } catch (IOException e) {
        close(connection);
        throw e;
      }
    } catch (SocketTimeoutException e) {
      return Outcome.LATE;
    } catch (IOException e) {
      return Outcome.BROKEN;
    }
  }

  private static int millis(long nanos) {
    return Math.clamp(nanos / 1_000_000, 1, Integer.MAX_VALUE);
  }

  private static byte[] request(String host, String path, Map<String, String> headers) {
    StringBuilder text = new StringBuilder("GET ").append(path).append(" HTTP/1.1\r\nhost: ");
    text.append(host).append("\r\n");
    headers.forEach((name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
    return HttpMessage.bytes(text.append("\r\n").toString());
  }

  private Connection connect(Duration left) throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(target, millis(left.toNanos()));
      Connection connection =
          new Connection(socket, new BufferedInputStream(socket.getInputStream(), 1_024));
      open.add(connection);
      return connection;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private void close(Connection connection) {
    open.remove(connection);
    try {
      connection.socket().close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }

  /** Ends what is under way, too. */
  @Override
  public void close() {
    open.forEach(this::close);
    idle.clear();
  }
}
