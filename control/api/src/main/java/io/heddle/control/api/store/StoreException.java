package io.heddle.control.api.store;

/**
 * The store cannot do its work: broken I/O, a damaged or foreign file, another process that has it
 * open. The message names the file and the mend. A write that ended so may or may not be durable.
 */
public final class StoreException extends RuntimeException {
  public StoreException(String message) {
    super(message);
  }

  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
