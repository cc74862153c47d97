package io.heddle.proxy.app;

import io.heddle.proxy.engine.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What a proxy is told beside its bootstrap.
 *
 * @param concurrency threads that serve traffic, 1 to 256
 * @param transport how it talks to the operating system
 * @param drainTime how long a shutdown waits for connections, zero or more
 * @param adminAddressFile where the admin API's address is written
 * @param state folder for what survives a restart; none keeps nothing
 * @param plugins folder of jars
 * @param rejectUnknownDynamicFields whether fields unknown to us refuse a dynamic resource
 * @param life what becomes of connections when configuration or process change
 */
public record ProxySettings(
    int concurrency,
    Transport transport,
    Duration drainTime,
    Optional<Path> adminAddressFile,
    Optional<Path> state,
    Optional<Path> plugins,
    boolean rejectUnknownDynamicFields,
    LifeSettings life) {
  /** How long a shutdown waits where nothing else is said. */
  public static final Duration DRAIN = Duration.ofSeconds(5);

  /** One event loop, 5 s of drain, nothing kept. */
  public static ProxySettings small() {
    return new ProxySettings(
        1,
        Transport.AUTO,
        DRAIN,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false,
        LifeSettings.MESH);
  }

  ProxySettings withState(Path folder) {
    return new ProxySettings(
        concurrency,
        transport,
        drainTime,
        adminAddressFile,
        Optional.of(folder),
        plugins,
        rejectUnknownDynamicFields,
        life);
  }
}
