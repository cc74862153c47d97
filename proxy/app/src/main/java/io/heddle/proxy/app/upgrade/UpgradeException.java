package io.heddle.proxy.app.upgrade;

/** An upgrade cannot go on; the message says why, for people. */
public final class UpgradeException extends Exception {
  private static final long serialVersionUID = 1;

  public UpgradeException(String message) {
    super(message);
  }

  public UpgradeException(String message, Throwable cause) {
    super(message, cause);
  }
}
