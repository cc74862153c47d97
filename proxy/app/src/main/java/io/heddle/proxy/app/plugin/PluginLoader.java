package io.heddle.proxy.app.plugin;

import java.io.IOException;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import org.jspecify.annotations.Nullable;

/** The classes of the proxy that every plugin may see; anything else is as if it were not there. */
final class PluginLoader extends ClassLoader {
  private static final String[] SHARED = {
    "io.heddle.proxy.api.",
    "io.netty.buffer.",
    "io.netty.util.",
    "com.google.protobuf.",
    "org.slf4j.",
    "org.jspecify.annotations."
  };

  private final ClassLoader proxy;

  PluginLoader(ClassLoader proxy) {
    super("heddle-plugin-api", ClassLoader.getPlatformClassLoader());
    this.proxy = proxy;
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    for (String prefix : SHARED) {
      if (name.startsWith(prefix)) {
        return proxy.loadClass(name);
      }
    }
    throw new ClassNotFoundException(name);
  }

  /** A plugin must not find the service files of the proxy's own libraries. */
  @Override
  public @Nullable URL getResource(String name) {
    return null;
  }

  @Override
  public Enumeration<URL> getResources(String name) throws IOException {
    return Collections.emptyEnumeration();
  }
}
