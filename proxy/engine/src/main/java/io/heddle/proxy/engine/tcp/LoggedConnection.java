package io.heddle.proxy.engine.tcp;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.ConnectionLog;
import io.heddle.proxy.api.DynamicMetadata;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.engine.format.Subject;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** A connection as access loggers see it. Owned by the connection's loop. */
// Bits of a set.
@SuppressWarnings("EnumOrdinal")
public record LoggedConnection(Subject subject)
    implements ConnectionLog, StreamInfo, FilterState, DynamicMetadata {
  @Override
  public ConnectionInfo connection() {
    return subject.connection();
  }

  @Override
  public StreamInfo streamInfo() {
    return this;
  }

  @Override
  public FilterState filterState() {
    return this;
  }

  @Override
  public DynamicMetadata dynamicMetadata() {
    return this;
  }

  // --- StreamInfo ---

  @Override
  public long startEpochNanos() {
    return subject.startEpochNanos();
  }

  @Override
  public long durationNanos() {
    return subject.durationNanos();
  }

  @Override
  public long bytesReceived() {
    return subject.bytesReceived();
  }

  @Override
  public long bytesSent() {
    return subject.bytesSent();
  }

  @Override
  public WireBytes downstreamBytes() {
    return subject.downstreamBytes();
  }

  @Override
  public WireBytes upstreamBytes() {
    return subject.upstreamBytes();
  }

  @Override
  public int responseCode() {
    return 0;
  }

  @Override
  public Optional<String> responseCodeDetails() {
    return Optional.ofNullable(subject.responseCodeDetails());
  }

  @Override
  public Set<ResponseFlag> flags() {
    EnumSet<ResponseFlag> flags = EnumSet.noneOf(ResponseFlag.class);
    for (ResponseFlag flag : ResponseFlag.values()) {
      if ((subject.flagBits() & 1 << flag.ordinal()) != 0) {
        flags.add(flag);
      }
    }
    return flags;
  }

  @Override
  public int attempts() {
    return subject.attempts();
  }

  @Override
  public Optional<String> upstreamHost() {
    return Optional.ofNullable(subject.upstreamHost());
  }

  @Override
  public Optional<String> upstreamCluster() {
    return Optional.ofNullable(subject.upstreamCluster());
  }

  @Override
  public String logType() {
    return subject.logType();
  }

  @Override
  public String protocol() {
    return "";
  }

  @Override
  public Optional<InetSocketAddress> upstreamLocalAddress() {
    return Optional.ofNullable(subject.upstreamLocalAddress());
  }

  @Override
  public Optional<String> upstreamFailure() {
    return Optional.ofNullable(subject.upstreamFailure());
  }

  // --- what network filters left: they cannot leave anything for the proxy's end yet ---

  @Override
  public <T> void put(Key<T> key, T value) {
    throw new UnsupportedOperationException("the connection is over");
  }

  @Override
  public <T> Optional<T> get(Key<T> key) {
    return Optional.empty();
  }

  @Override
  public Optional<String> text(String name) {
    return Optional.ofNullable(subject.filterStateText(name));
  }

  @Override
  public void put(String namespace, String key, Value value) {
    throw new UnsupportedOperationException("the connection is over");
  }

  @Override
  public Optional<Struct> get(String namespace) {
    return Optional.empty();
  }
}
