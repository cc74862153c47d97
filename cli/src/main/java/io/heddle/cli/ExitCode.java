package io.heddle.cli;

/** What the command answers to its caller; the same for every verb and output format. */
public final class ExitCode {
  public static final int OK = 0;

  /** It could not be done: unreachable, missing, failed. */
  public static final int ERROR = 1;

  /** It was done and something was found: see the findings. */
  public static final int FINDINGS = 2;

  /** The command line itself was wrong. */
  public static final int USAGE = 64;

  private ExitCode() {}
}
