package io.heddle.proxy.app;

import java.util.List;

/** The program behind {@code heddle proxy}, {@code heddle sidecar} and {@code heddle gateway}. */
public final class ProxyMain {
  private ProxyMain() {}

  /** Runs the verb that the first argument names. */
  public static void main(String[] args) {
    // Before the first logger: other programs on the same class path have settings of their own.
    System.setProperty("tinylog.configuration", "heddle-proxy-logging.properties");
    // Netty's flight recorder events load much at start and record nothing unless asked to.
    setDefault("io.netty.jfr.enabled", "false");
    // Leaks are hunted by the tests, in every buffer. Sampling took 3 % of a request.
    setDefault("io.netty.leakDetection.level", "disabled");
    Ahead.begin(args);
    Program.OnSignal ending = new Program.OnSignal();
    int code = new Program(System.out, System.err, ending).run(List.of(args));
    System.out.flush();
    ending.ended(code);
    System.exit(code);
  }

  private static void setDefault(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
