package io.heddle.cli.api;

import io.heddle.cli.output.Finding;

/** The control plane could not be asked, or did not do what was asked. */
public final class ControlPlaneException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Finding finding;

  ControlPlaneException(Finding finding) {
    super(finding.text());
    this.finding = finding;
  }

  ControlPlaneException(Finding finding, Throwable cause) {
    super(finding.text(), cause);
    this.finding = finding;
  }

  public Finding finding() {
    return finding;
  }
}
