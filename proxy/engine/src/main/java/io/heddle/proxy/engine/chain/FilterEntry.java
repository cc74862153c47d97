package io.heddle.proxy.engine.chain;

import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterConfig.Callback;
import java.util.EnumSet;

/**
 * One filter of a chain.
 *
 * @param name by which routes override it
 * @param disabled whether it is off unless a route switches it on
 * @param callbacks bits of what it wants to be called for
 */
@SuppressWarnings({"EnumOrdinal", "BadImport"}) // Bits of a set; named as in the API.
public record FilterEntry(String name, HttpFilterConfig config, boolean disabled, int callbacks) {
  /** An entry that is asked once what it wants. */
  public static FilterEntry of(String name, HttpFilterConfig config, boolean disabled) {
    EnumSet<Callback> wanted = config.callbacks();
    int bits = 0;
    for (Callback callback : wanted) {
      bits |= 1 << callback.ordinal();
    }
    return new FilterEntry(name, config, disabled, bits);
  }

  /** Whether it wants to be called for this. */
  public boolean wants(Callback callback) {
    return (callbacks & 1 << callback.ordinal()) != 0;
  }
}
