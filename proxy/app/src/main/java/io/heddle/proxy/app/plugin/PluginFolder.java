package io.heddle.proxy.app.plugin;

import io.heddle.proxy.api.AccessLoggerFactory;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.api.LoadBalancerFactory;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.api.UpstreamHttpFilterFactory;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.zip.ZipFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the jars of a folder, each with a class loader of its own. */
public final class PluginFolder {
  private static final Logger LOG = LoggerFactory.getLogger(PluginFolder.class);

  private PluginFolder() {}

  /**
   * What was found. The class loaders stay open as long as the process lives.
   *
   * @param errors one line for each jar that cannot be used
   */
  public record Plugins(
      List<HttpFilterFactory> httpFilters,
      List<NetworkFilterFactory> networkFilters,
      List<ListenerFilterFactory> listenerFilters,
      List<LoadBalancerFactory> loadBalancers,
      List<AccessLoggerFactory> accessLoggers,
      List<String> errors) {
    /** No folder, no plugins. */
    public static Plugins none() {
      return new Plugins(
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>());
    }
  }

  /** Loads every jar of the folder, in the order of their names. */
  public static Plugins load(Path folder) {
    Plugins plugins = Plugins.none();
    if (!Files.isDirectory(folder)) {
      plugins.errors.add("--plugins: found " + folder + ", expected a folder");
      return plugins;
    }
    List<Path> jars = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "*.jar")) {
      entries.forEach(jars::add);
    } catch (IOException e) {
      plugins.errors.add("--plugins: " + folder + " cannot be read: " + e.getMessage());
      return plugins;
    }
    jars.sort(null);
    PluginLoader shared = new PluginLoader(PluginFolder.class.getClassLoader());
    for (Path jar : jars) {
      load(jar, shared, plugins);
    }
    return plugins;
  }

  private static void load(Path jar, PluginLoader shared, Plugins plugins) {
    int before = count(plugins);
    try {
      new ZipFile(jar.toFile()).close();
      URLClassLoader loader =
          new URLClassLoader(jar.getFileName().toString(), new URL[] {url(jar)}, shared);
      ServiceLoader.load(HttpFilterFactory.class, loader).forEach(plugins.httpFilters::add);
      ServiceLoader.load(UpstreamHttpFilterFactory.class, loader).forEach(plugins.httpFilters::add);
      ServiceLoader.load(NetworkFilterFactory.class, loader).forEach(plugins.networkFilters::add);
      ServiceLoader.load(ListenerFilterFactory.class, loader).forEach(plugins.listenerFilters::add);
      ServiceLoader.load(LoadBalancerFactory.class, loader).forEach(plugins.loadBalancers::add);
      ServiceLoader.load(AccessLoggerFactory.class, loader).forEach(plugins.accessLoggers::add);
    } catch (IOException | ServiceConfigurationError | LinkageError e) {
      plugins.errors.add("--plugins: " + jar + " cannot be loaded: " + reason(e));
      return;
    }
    int found = count(plugins) - before;
    if (found == 0) {
      plugins.errors.add(
          "--plugins: "
              + jar
              + " names no factory, expected META-INF/services/"
              + HttpFilterFactory.class.getName()
              + " or another of the package");
    } else {
      LOG.info("Plugin {}: {} factories", jar.getFileName(), found);
    }
  }

  private static URL url(Path jar) throws MalformedURLException {
    return jar.toUri().toURL();
  }

  private static int count(Plugins plugins) {
    return plugins.httpFilters.size()
        + plugins.networkFilters.size()
        + plugins.listenerFilters.size()
        + plugins.loadBalancers.size()
        + plugins.accessLoggers.size();
  }

  private static String reason(Throwable error) {
    Throwable cause = error.getCause();
    return cause == null ? String.valueOf(error.getMessage()) : error.getMessage() + ": " + cause;
  }
}
