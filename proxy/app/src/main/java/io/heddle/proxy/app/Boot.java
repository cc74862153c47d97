package io.heddle.proxy.app;

import com.google.gson.JsonObject;
import io.heddle.xds.model.BootstrapConfig;
import java.util.function.Supplier;

/**
 * A bootstrap that has been read.
 *
 * @param json how {@code /config_dump} shows it; made when it is asked for
 */
public record Boot(BootstrapConfig config, Supplier<JsonObject> json) {}
