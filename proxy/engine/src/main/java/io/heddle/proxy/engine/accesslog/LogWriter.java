package io.heddle.proxy.engine.accesslog;

import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.engine.format.Format;
import io.heddle.proxy.engine.health.EventSink;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.AccessLogConfig;
import io.netty.buffer.Unpooled;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** The one thread that writes access logs, and the sinks that it writes to. */
public final class LogWriter implements AutoCloseable {
  private static final String FILE = "file:";

  private final int loops;
  private final OutputStream standardOut;
  private final OutputStream standardError;
  private final long flushNanos;
  private final Map<String, LogSink> byName = new HashMap<>();
  private final List<LogSink> sinks = new CopyOnWriteArrayList<>();
  private final ScalarStat dropped;
  private final ScalarStat written;
  private final ScalarStat failed;
  private final Thread thread;
  private volatile boolean closed;

  /** Starts the thread. */
  public LogWriter(
      int loops,
      OutputStream standardOut,
      OutputStream standardError,
      Duration flushInterval,
      Scope root) {
    this.loops = loops;
    this.standardOut = standardOut;
    this.standardError = standardError;
    this.flushNanos = flushInterval.toNanos();
    Scope scope = root.scope("access_logs");
    Scope files = root.scope("filesystem");
    dropped = scope.counter("lines_dropped");
    written = files.counter("write_completed");
    failed = files.counter("write_failed");
    thread = new Thread(this::run, "heddle-access-log");
    thread.setDaemon(true);
    thread.start();
  }

  /** Compiles a format. */
  public static Format format(AccessLogConfig.Format format, ExpressionLanguage language) {
    return switch (format) {
      case AccessLogConfig.Format.Default _ -> Format.text(Format.DEFAULT_LINE, false);
      case AccessLogConfig.Format.Text text ->
          Format.text(text.pattern(), text.omitEmptyValues(), language);
      case AccessLogConfig.Format.Json json ->
          Format.json(json.fields(), json.omitEmptyValues(), language);
    };
  }

  /**
   * Opens a log.
   *
   * @throws IOException where the file cannot be opened
   */
  public synchronized AccessLog open(
      AccessLogConfig.Lines config, LogFilter filter, ExpressionLanguage language)
      throws IOException {
    String name =
        switch (config.sink()) {
          case AccessLogConfig.Sink.File file -> FILE + file.path();
          case AccessLogConfig.Sink.Standard standard -> standard.name();
        };
    LogSink opened = used(name, config.sink());
    return new AccessLog(
        filter, format(config.format(), language), opened, () -> release(name, opened));
  }

  /**
   * Opens a file for lines that are made anywhere.
   *
   * @throws IOException where the file cannot be opened
   */
  public synchronized EventSink events(String path) throws IOException {
    String name = FILE + path;
    LogSink opened = used(name, new AccessLogConfig.Sink.File(path));
    return new EventSink() {
      private final AtomicBoolean open = new AtomicBoolean(true);

      @Override
      public void line(String text) {
        // The last buffer is nobody's own.
        opened.append(
            loops, Unpooled.wrappedBuffer((text + "\n").getBytes(StandardCharsets.UTF_8)));
      }

      @Override
      public void close() {
        if (open.getAndSet(false)) {
          release(name, opened);
        }
      }
    };
  }

  private LogSink used(String name, AccessLogConfig.Sink where) throws IOException {
    LogSink sink = byName.get(name);
    if (sink == null) {
      sink =
          switch (where) {
            case AccessLogConfig.Sink.File file ->
                sink(file.path(), new FileOutputStream(file.path(), true));
            case AccessLogConfig.Sink.Standard standard ->
                sink(
                    "",
                    standard == AccessLogConfig.Sink.Standard.STDOUT ? standardOut : standardError);
          };
      byName.put(name, sink);
      sinks.add(sink);
    }
    sink.use(1);
    return sink;
  }

  private LogSink sink(String path, OutputStream out) {
    return new LogSink(
        path, out, loops, () -> LockSupport.unpark(thread()), dropped, written, failed);
  }

  private Thread thread() {
    return thread;
  }

  private synchronized void release(String name, LogSink sink) {
    if (sink.use(-1) == 0) {
      byName.remove(name);
      sinks.remove(sink);
      synchronized (sinks) {
        sink.close();
      }
    }
  }

  /** Opens files anew before the next write. */
  public void reopen() {
    sinks.forEach(LogSink::reopen);
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!closed) {
      LockSupport.parkNanos(this, flushNanos);
      synchronized (sinks) {
        sinks.forEach(LogSink::drain);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    synchronized (sinks) {
      sinks.forEach(LogSink::close);
    }
  }
}
