package io.heddle.control.app;

import com.google.protobuf.ByteString;
import io.heddle.control.core.shared.SharedKeys;
import io.heddle.control.core.shared.SharedKeysException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A text that several control planes share, at one key. For any thread. */
final class SharedText implements TokenText, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SharedText.class);

  /** Where the tokens are. */
  static final String TOKENS = "access/tokens";

  private final SharedKeys keys;
  private final String key;

  /** Of the text that was read last; guarded by this. */
  private long modified;

  private volatile boolean closed;
  private volatile @Nullable AutoCloseable watch;

  SharedText(SharedKeys keys, String key) {
    this.keys = keys;
    this.key = key;
  }

  @Override
  public synchronized Optional<String> read() throws IOException {
    try {
      Optional<SharedKeys.Entry> entry = keys.get(key);
      modified = entry.map(SharedKeys.Entry::modified).orElse(0L);
      return entry.map(found -> found.value().toStringUtf8());
    } catch (SharedKeysException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public synchronized boolean replace(String text) throws IOException {
    try {
      long made =
          keys.commit(
              List.of(new SharedKeys.Condition(key, modified)),
              List.of(new SharedKeys.Put(key, ByteString.copyFromUtf8(text))));
      if (made != 0) {
        modified = made;
      }
      return made != 0;
    } catch (SharedKeysException e) {
      if (!e.outcomeKnown() && read().filter(text::equals).isPresent()) {
        return true; // it was done, and the answer was lost
      }
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public void onChange(Consumer<String> listener) {
    try {
      long from = keys.list(key).revision();
      watch =
          keys.watch(
              key,
              from,
              new SharedKeys.Watcher() {
                @Override
                public void onUpdates(List<SharedKeys.Update> updates) {
                  for (SharedKeys.Update update : updates) {
                    update.put().forEach(entry -> listener.accept(entry.value().toStringUtf8()));
                  }
                }

                @Override
                public void onCompacted() {
                  if (!closed) {
                    again(listener);
                  }
                }
              });
    } catch (SharedKeysException e) {
      LOG.warn("{}: is not watched: {}", key, e.getMessage());
    }
  }

  private void again(Consumer<String> listener) {
    onChange(listener);
    try {
      read().ifPresent(listener);
    } catch (IOException e) {
      LOG.warn("{}: cannot be read: {}", key, e.getMessage());
    }
  }

  @Override
  public String describe() {
    return "the shared store's " + key;
  }

  @Override
  public void close() {
    closed = true;
    AutoCloseable last = watch;
    if (last != null) {
      try {
        last.close();
      } catch (Exception e) {
        LOG.warn("the watch of {} did not close well", key, e);
      }
    }
  }
}
