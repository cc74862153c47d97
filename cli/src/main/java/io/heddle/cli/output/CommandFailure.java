package io.heddle.cli.output;

/** Ends a verb with exit code 1 and a finding that says why and what mends it. */
public final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Finding finding;

  public CommandFailure(Finding finding) {
    super(finding.text());
    this.finding = finding;
  }

  public CommandFailure(Finding finding, Throwable cause) {
    super(finding.text(), cause);
    this.finding = finding;
  }

  public Finding finding() {
    return finding;
  }
}
