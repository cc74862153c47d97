package io.heddle.cli.up;

import io.heddle.cli.output.Terminal;
import java.time.Duration;
import java.util.Locale;

/** Says on standard error what is going on, with the seconds since the start. */
public final class Progress {
  private final Terminal terminal;
  private final long start = System.nanoTime();

  public Progress(Terminal terminal) {
    this.terminal = terminal;
  }

  public void say(String what) {
    Duration since = Duration.ofNanos(System.nanoTime() - start);
    terminal
        .err()
        .println(String.format(Locale.ROOT, "%6.1f s  %s", since.toMillis() / 1000.0, what));
  }
}
