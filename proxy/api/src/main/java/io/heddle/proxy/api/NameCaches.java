package io.heddle.proxy.api;

/** The name caches of the proxy, by name. Safe on every thread. */
@FunctionalInterface
public interface NameCaches {
  /** A proxy that looks no names up. */
  NameCaches NONE =
      settings -> {
        throw new FilterConfigException("name", settings.name(), "a proxy that looks names up");
      };

  /**
   * A use of the cache of this name, which is made where there is none.
   *
   * @throws FilterConfigException where it is in use with other settings
   */
  NameCache open(NameCacheSettings settings) throws FilterConfigException;
}
