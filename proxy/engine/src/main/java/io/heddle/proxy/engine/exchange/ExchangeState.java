package io.heddle.proxy.engine.exchange;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.api.DynamicMetadata;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.engine.balance.MetadataCriteria;
import io.heddle.xds.model.StructValue;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What filters put down for an exchange or a connection: state and metadata. Made when the first
 * filter asks. Owned by the event loop.
 */
public final class ExchangeState implements FilterState, DynamicMetadata {
  private final Map<String, Entry> values = new HashMap<>();
  private final Map<String, Map<String, Value>> metadata = new HashMap<>();

  /** The namespace by which hosts are chosen. */
  private static final String BALANCING = "envoy.lb";

  private static final Logger LOG = LoggerFactory.getLogger(ExchangeState.class);

  private record Entry(Class<?> type, Object value, boolean last) {}

  /** Nothing yet. */
  public ExchangeState() {}

  @Override
  public <T> void put(Key<T> key, T value) {
    put(key, value, /* last= */ false);
  }

  @Override
  public <T> void putFinal(Key<T> key, T value) {
    put(key, value, /* last= */ true);
  }

  private <T> void put(Key<T> key, T value, boolean last) {
    Entry before = values.get(key.name());
    if (before != null && before.last()) {
      LOG.warn("Filter state {} is read-only and keeps its value", key.name());
      return;
    }
    if (before != null && before.type() != key.type()) {
      throw new IllegalArgumentException(
          "filter state " + key.name() + ": " + key.type() + " (expected: " + before.type() + ")");
    }
    values.put(key.name(), new Entry(key.type(), value, last));
  }

  @Override
  public <T> Optional<T> get(Key<T> key) {
    Entry entry = values.get(key.name());
    return entry == null || entry.type() != key.type()
        ? Optional.empty()
        : Optional.of(key.type().cast(entry.value()));
  }

  @Override
  public Optional<String> text(String name) {
    Entry entry = values.get(name);
    return entry == null ? Optional.empty() : Optional.of(String.valueOf(entry.value()));
  }

  @Override
  public void put(String namespace, String key, Value value) {
    metadata.computeIfAbsent(namespace, _ -> new HashMap<>()).put(key, value);
  }

  @Override
  public Optional<Struct> get(String namespace) {
    return Optional.ofNullable(metadata(namespace));
  }

  @Nullable Struct metadata(String namespace) {
    Map<String, Value> fields = metadata.get(namespace);
    return fields == null ? null : Struct.newBuilder().putAllFields(fields).build();
  }

  /** What the route asks of its hosts, with what filters ask, who have the last word. */
  MetadataCriteria asked(MetadataCriteria route) {
    Struct asked = metadata(BALANCING);
    return asked == null ? route : route.and(MetadataCriteria.of(StructValue.of(asked)));
  }

  @Override
  public Map<String, Struct> all() {
    Map<String, Struct> all = new HashMap<>();
    metadata.forEach((namespace, fields) ->
        all.put(namespace, Struct.newBuilder().putAllFields(fields).build()));
    return all;
  }
}
