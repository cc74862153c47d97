package io.heddle.proxy.engine.accesslog;

import io.heddle.proxy.engine.format.Format;
import io.heddle.proxy.engine.format.Subject;
import io.netty.buffer.ByteBuf;
import java.util.random.RandomGenerator;

/** A format and where its lines go. */
public final class AccessLog {
  private final LogFilter filter;
  private final Format format;
  private final LogSink sink;
  private final Runnable release;

  AccessLog(LogFilter filter, Format format, LogSink sink, Runnable release) {
    this.filter = filter;
    this.format = format;
    this.sink = sink;
    this.release = release;
  }

  /**
   * Writes the line of this subject. On the loop of this number.
   *
   * @param line to work in, emptied before and after
   */
  public void log(int loop, Subject subject, RandomGenerator random, ByteBuf line) {
    if (!filter.passes(subject, random)) {
      return;
    }
    line.clear();
    format.append(subject, line);
    sink.append(loop, line);
    line.clear();
  }

  /** The configuration that named this log is gone. */
  public void close() {
    release.run();
  }
}
