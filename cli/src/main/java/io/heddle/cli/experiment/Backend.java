package io.heddle.cli.experiment;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * An instance of a service as most are written: so many workers, a queue without end in front of
 * them, and a worker that calls other services waits for their answers. It does not notice that its
 * caller has gone.
 *
 * <p>A virtual thread serves each connection. The fault is switched by any thread.
 */
final class Backend implements Closeable {
  private static final int BACKLOG = 1_024;
  private static final Duration AFTER_A_FAILURE = Duration.ofMillis(20);

  private final Setup setup;
  private final ServerSocket server;
  private final Semaphore workers;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger received = new AtomicInteger();
  private final AtomicInteger working = new AtomicInteger();
  private final RandomGenerator random;
  private final Object changed = new Object();

  /** Guarded by {@code changed}. */
  private Fault fault = Fault.None.NONE;

  /** Counts what was planted; guarded by {@code changed}. */
  private int planted;

  /** Counts the calls of {@link #forget}; guarded by {@code changed}. */
  private int epoch;

  /** Where this instance's own calls go; none before it is told. */
  private volatile List<HttpCaller> outbound = List.of();

  /**
   * How an instance is.
   *
   * @param workers requests that it works on at once
   * @param time that each of them takes, beside its calls
   * @param calls by the beginning of a path, in order
   * @param patience of its calls
   */
  record Setup(String service, int workers, Duration time, List<Call> calls, Duration patience) {
    Setup {
      calls = List.copyOf(calls);
    }
  }

  /** A request whose path begins so asks that service for that path. */
  record Call(String prefix, String service, String path) {}

  Backend(Setup setup, long seed) throws IOException {
    this.setup = setup;
    workers = new Semaphore(setup.workers(), true);
    random = new SplittableRandom(seed);
    server = new ServerSocket();
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    Thread.ofVirtual().name(setup.service()).start(this::accept);
  }

  String service() {
    return setup.service();
  }

  int port() {
    return server.getLocalPort();
  }

  /** Its sidecar's. */
  void outbound(InetSocketAddress sidecar) {
    outbound = List.of(new HttpCaller(sidecar));
  }

  /** What a former fault held up goes on: its cause is gone. */
  void plant(Fault wrong) {
    synchronized (changed) {
      fault = wrong;
      planted++;
      changed.notifyAll();
    }
  }

  /** Heals it, and lets everybody go who still waits: for another run. */
  void forget() {
    synchronized (changed) {
      fault = Fault.None.NONE;
      epoch++;
      changed.notifyAll();
    }
    open.forEach(Backend::quietly);
    outbound.forEach(HttpCaller::close);
  }

  /** Requests that it has received. */
  int received() {
    return received.get();
  }

  /** Requests on which it works, or that wait for a worker. */
  int busy() {
    return working.get();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        open.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        if (!server.isClosed() && !rested()) {
          return;
        }
      }
    }
  }

  /** Out of descriptors, perhaps: the next connection is tried after a while. */
  private static boolean rested() {
    try {
      Thread.sleep(AFTER_A_FAILURE);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      BufferedInputStream in = new BufferedInputStream(socket.getInputStream(), 1_024);
      for (HttpMessage request = HttpMessage.read(in).orElse(null);
          request != null;
          request = HttpMessage.read(in).orElse(null)) {
        received.incrementAndGet();
        working.incrementAndGet();
        int status;
        try {
          workers.acquire();
          try {
            status = work(request.path());
          } finally {
            workers.release();
          }
        } finally {
          working.decrementAndGet();
        }
        if (status == 0) {
          socket.setOption(StandardSocketOptions.SO_LINGER, 0);
          return;
        }
        socket.getOutputStream().write(answer(status));
      }
    } catch (IOException e) {
      // The caller has gone, which is its own matter.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(socket);
    }
  }

  /** The status; zero resets the connection. */
  private int work(String path) throws InterruptedException {
    long planned = setup.time().toNanos();
    int status = 200;
    switch (fault()) {
      case Fault.None _ -> {}
      case Fault.Slow slow -> planned += slow.by().toNanos();
      case Fault.Errors errors -> status = chance(errors.share()) ? 500 : 200;
      case Fault.Reset _ -> {
        return 0;
      }
      case Fault.Silent _ -> planned = Long.MAX_VALUE;
    }
    if (!pass(planned)) {
      return 0;
    }
    for (Call call : setup.calls()) {
      if (path.startsWith(call.prefix())) {
        status = status == 200 ? call(call) : status;
      }
    }
    return status;
  }

  private Fault fault() {
    synchronized (changed) {
      return fault;
    }
  }

  private boolean chance(double share) {
    synchronized (random) {
      return random.nextDouble() < share;
    }
  }

  /** Lets that time go by, or as much as the fault lasts; false where everybody was let go. */
  private boolean pass(long nanos) throws InterruptedException {
    if (nanos == 0) {
      return true;
    }
    long start = System.nanoTime();
    synchronized (changed) {
      int before = epoch;
      int cause = planted;
      while (epoch == before) {
        if (planted != cause && nanos > setup.time().toNanos()) {
          return true;
        }
        long left = nanos - (System.nanoTime() - start);
        if (left <= 0) {
          return true;
        }
        // Rounded up: a wait of zero would never end.
        changed.wait(Math.clamp(left / 1_000_000 + 1, 1, 3_600_000));
      }
      return false;
    }
  }

  private int call(Call call) {
    for (HttpCaller caller : outbound) {
      Outcome outcome = caller.get(call.service(), call.path(), Map.of(), setup.patience());
      return switch (outcome) {
        case OK -> 200;
        case REFUSED -> 503;
        case FAILED, BROKEN, UNSENT -> 502;
        case LATE -> 504;
      };
    }
    return 502;
  }

  private static byte[] answer(int status) {
    return HttpMessage.bytes(
        "HTTP/1.1 " + status + " \r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nok\n");
  }

  private static void quietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    forget();
  }
}
