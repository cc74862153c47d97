package io.heddle.control.app;

import java.io.PrintStream;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The verb {@code heddle control}: runs a control plane until SIGTERM or SIGINT. Also {@code heddle
 * validate --offline}, {@code backup}, {@code restore} and {@code compact}, which need what only
 * this program knows, and {@code heddle ratelimit}, which needs the same libraries.
 */
public final class ControlMain {
  private static final String API_SERVER = "io.helidon.webserver.LoomServer";
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 64;

  private ControlMain() {}

  /** Runs and ends the process. */
  public static void main(String[] arguments) {
    int code = run(arguments, System.out, System.err);
    if (code != OK) {
      System.exit(code);
    }
  }

  /**
   * Runs until the process is asked to end.
   *
   * @param arguments with or without the verb itself
   * @return 0 when it was asked to end, 1 when it could not start, 64 on wrong usage
   */
  public static int run(String[] arguments, PrintStream out, PrintStream err) {
    if (arguments.length > 0 && arguments[0].equals("validate")) {
      List<String> left = List.of(arguments).subList(1, arguments.length);
      return new OfflineValidation(out, err, System.in).run(left);
    }
    if (arguments.length > 0 && StoreCommands.knows(arguments[0])) {
      return new StoreCommands(out, err, InstantSource.system()).run(List.of(arguments));
    }
    if (arguments.length > 0 && arguments[0].equals(RateLimitVerb.NAME)) {
      return RateLimitVerb.run(List.of(arguments).subList(1, arguments.length), out, err);
    }
    Optional<ControlConfig> config;
    try {
      config = ControlOptions.parse(List.of(arguments));
    } catch (IllegalArgumentException e) {
      err.println("heddle control: " + e.getMessage());
      err.println("See: heddle control --help");
      return USAGE;
    }
    if (config.isEmpty()) {
      out.print(ControlOptions.USAGE);
      return OK;
    }
    // What libraries tell of themselves at every start is of no use to an operator, nor is the
    // stack
    // trace of a port in use, which is said in words below. The root's handler outlives this call.
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      handler.setFilter(log ->
          log.getLevel().intValue() >= Level.WARNING.intValue()
              && !String.valueOf(log.getLoggerName()).startsWith(API_SERVER));
    }
    return serve(config.get(), err);
  }

  private static int serve(ControlConfig config, PrintStream err) {
    ControlPlane plane;
    try {
      plane = ControlPlane.start(config);
    } catch (StartFailure e) {
      err.println("heddle control: " + e.getMessage());
      return FAILED;
    }
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("shutdown")
                .unstarted(() -> {
                  plane.close();
                  ended.countDown();
                }));
    try {
      ended.await();
    } catch (InterruptedException e) {
      plane.close();
      Thread.currentThread().interrupt();
    }
    return OK;
  }
}
