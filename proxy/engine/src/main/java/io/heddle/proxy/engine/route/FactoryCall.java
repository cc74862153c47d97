package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.FilterConfigException;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls a factory of an extension so that its fault refuses the configuration it was given.
 *
 * <p>Factories come from plugins too: a class that is missing or a recursion without an end must
 * not take down the resources that came along, or the stream that brought them.
 */
public final class FactoryCall {
  private static final Logger LOG = LoggerFactory.getLogger(FactoryCall.class);

  private FactoryCall() {}

  /** What is called. */
  @FunctionalInterface
  public interface Parse<T> {
    /** Parses, or says what is wrong. */
    T parse() throws FilterConfigException;
  }

  /**
   * Calls a factory.
   *
   * @param extension the extension's name, for the refusal
   */
  public static <T> T guarded(String extension, Parse<T> call) throws FilterConfigException {
    try {
      return Objects.requireNonNull(call.parse(), "parsed to null");
    } catch (RuntimeException | LinkageError | StackOverflowError fault) {
      LOG.error("The factory of extension {} failed", extension, fault);
      throw new FilterConfigException(
          "",
          "a fault of extension " + extension + ": " + fault,
          "a configuration that the extension parses");
    }
  }
}
