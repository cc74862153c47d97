package io.heddle.control.app;

/** Why a control plane cannot start, in words for the operator. */
final class StartFailure extends Exception {
  StartFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
