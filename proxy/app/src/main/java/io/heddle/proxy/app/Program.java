package io.heddle.proxy.app;

import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries a verb out, from its command line to the end of the process.
 *
 * <p>Exit codes: 0 done, 1 failed, 64 wrong command line.
 */
final class Program {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int USAGE = 64;

  private static final Logger LOG = LoggerFactory.getLogger(Program.class);

  private static final String VERBS =
      """
      Usage: heddle proxy|sidecar|gateway [OPTIONS]
        proxy    Run a proxy from a bootstrap
        sidecar  Run a proxy beside a service, and register it
        gateway  Run a proxy where requests enter the mesh
      """;

  private final PrintStream out;
  private final PrintStream err;
  private final Ending ending;

  Program(PrintStream out, PrintStream err, Ending ending) {
    this.out = out;
    this.err = err;
    this.ending = ending;
  }

  /** Where a running proxy waits for its end. */
  interface Ending {
    /**
     * Waits until the end is asked for; SIGTERM counts. Returns at once in a test that only wants
     * to see the start.
     */
    void await(ServerLife life) throws InterruptedException;
  }

  /** Ends on a signal: the signal's thread waits for the orderly end and sets the exit code. */
  static final class OnSignal implements Ending {
    private static final long LONGEST_END_SECONDS = 3_700;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean waiting;
    private volatile int code = FAILED;

    @Override
    public void await(ServerLife life) throws InterruptedException {
      waiting = true;
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    life.requestQuit();
                    awaitEnd();
                    if (waiting) {
                      // Without this the code would be 143: the virtual machine's for SIGTERM.
                      Runtime.getRuntime().halt(code);
                    }
                  },
                  "heddle-shutdown"));
      life.awaitQuit();
    }

    private void awaitEnd() {
      try {
        var _ = ended.await(LONGEST_END_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }

    /** The end is over, orderly or not; the process leaves with this code. */
    void ended(int exitCode) {
      code = exitCode;
      ended.countDown();
    }
  }

  int run(List<String> args) {
    String verb = args.isEmpty() ? "" : args.getFirst();
    List<String> rest = args.isEmpty() ? args : args.subList(1, args.size());
    try {
      return switch (verb) {
        case "proxy" -> new ProxyCommand(out, err, ending).run(rest);
        case "sidecar" -> new SidecarCommand(out, err, ending).run(rest);
        case "gateway" -> new GatewayCommand(out, err, ending).run(rest);
        case "-h", "--help" -> {
          out.print(VERBS);
          yield DONE;
        }
        case "--version" -> {
          out.println("heddle " + Version.text());
          yield DONE;
        }
        default -> {
          err.print(
              "heddle: verb: found \"" + verb + "\", expected proxy, sidecar or gateway\n" + VERBS);
          yield USAGE;
        }
      };
    } catch (UsageException e) {
      String.valueOf(e.getMessage())
          .lines()
          .forEach(problem -> err.println("heddle " + verb + ": " + problem));
      err.println("`heddle " + verb + " --help` lists the options.");
      return USAGE;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return FAILED;
    } catch (RuntimeException | Error bug) {
      // Thrown further it would end this thread only, and a signal would wait for its orderly end.
      LOG.error("Internal error", bug);
      err.println("heddle " + verb + ": internal error: " + bug);
      return FAILED;
    }
  }

  /** Prints what is wrong, one line each. */
  static int fail(PrintStream err, String verb, List<String> errors) {
    for (String error : errors) {
      err.println("heddle " + verb + ": " + error);
    }
    return FAILED;
  }
}
