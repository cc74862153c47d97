package io.heddle.proxy.app;

/** The command line is wrong; the message names option, offending and expected value. */
final class UsageException extends Exception {
  UsageException(String message) {
    super(message);
  }
}
