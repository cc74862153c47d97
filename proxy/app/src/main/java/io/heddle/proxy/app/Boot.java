package io.heddle.proxy.app;

import com.google.gson.JsonObject;
import io.heddle.xds.model.BootstrapConfig;
import java.util.function.Supplier;

/**
 * A bootstrap that has been read.
 *
 * @param json how {@code /config_dump} shows it; made when it is asked for
 * @param access how a control plane is spoken to that the bootstrap names by its address alone
 */
public record Boot(BootstrapConfig config, Supplier<JsonObject> json, ControlAccess access) {
  /** With a control plane in clear text, or with static clusters that say how. */
  public Boot(BootstrapConfig config, Supplier<JsonObject> json) {
    this(config, json, ControlAccess.OPEN);
  }
}
