package io.heddle.proxy.engine.discovery;

import com.google.protobuf.Any;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.engine.chain.UseCount;
import io.heddle.xds.model.ExtensionSource;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One occurrence of an extension in a filter chain. Changes are guarded by {@link
 * DiscoveredExtensions}; what is in force is read on any thread.
 */
public final class Place<T> {
  private final ExtensionSource source;
  private final DiscoveredExtensions.Parser<T> parser;
  private final Consumer<T> free;
  private Runnable closed = () -> {};
  private volatile @Nullable Version<T> current;

  Place(ExtensionSource source, DiscoveredExtensions.Parser<T> parser, Consumer<T> free) {
    this.source = source;
    this.parser = parser;
    this.free = free;
  }

  /** A configuration and who uses it; begins with one user, the place. */
  public static final class Version<T> {
    private final T config;
    private final UseCount users;

    Version(T config, Consumer<T> free) {
      this.config = config;
      this.users = new UseCount(() -> free.accept(config));
    }

    /** What was parsed. */
    public T config() {
      return config;
    }

    /** One user less. */
    public void done() {
      users.done();
    }
  }

  /** A configuration that was parsed and is not in force yet; one of both is run. */
  record Prepared(Runnable swap, Runnable discard) {}

  void onClose(Runnable task) {
    closed = task;
  }

  /** The default is parsed in any case, so that a wrong one is not found when it is needed. */
  void begin(@Nullable Any there) throws FilterConfigException {
    Version<T> byDefault = null;
    if (source.byDefault().isPresent()) {
      byDefault = parse(source.byDefault().get());
    }
    if (there != null && source.typeUrls().contains(there.getTypeUrl())) {
      try {
        current = parse(there);
      } finally {
        if (byDefault != null) {
          byDefault.done();
        }
      }
    } else {
      current = byDefault;
    }
  }

  Prepared prepare(Any config) throws FilterConfigException {
    if (!source.typeUrls().contains(config.getTypeUrl())) {
      throw new FilterConfigException(
          "@type", config.getTypeUrl(), "one of " + String.join(", ", source.typeUrls()));
    }
    Version<T> next = parse(config);
    return new Prepared(() -> swap(next), next::done);
  }

  private Version<T> parse(Any config) throws FilterConfigException {
    return new Version<>(parser.parse(config), free);
  }

  private void swap(@Nullable Version<T> next) {
    Version<T> before = current;
    current = next;
    if (before != null) {
      before.done();
    }
  }

  /** Back to the default, which was parsed before. */
  void reset() {
    try {
      swap(source.byDefault().isPresent() ? parse(source.byDefault().get()) : null);
    } catch (FilterConfigException e) {
      throw new IllegalStateException("a default that was accepted before", e);
    }
  }

  /** What is in force, with one more user, who calls {@link Version#done}; null for nothing. */
  public @Nullable Version<T> use() {
    while (true) {
      Version<T> now = current;
      if (now == null || now.users.tryUse()) {
        return now;
      }
      // It was swapped between the two.
    }
  }

  /** The chain that it is in is gone. */
  public void close() {
    closed.run();
    swap(null);
  }
}
