package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.StreamInfo;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** An exchange as filters see it. */
// Bits of a set.
@SuppressWarnings("EnumOrdinal")
record ExchangeInfo(ExchangeLog log) implements StreamInfo {
  @Override
  public long startEpochNanos() {
    return log.startEpochNanos();
  }

  @Override
  public long durationNanos() {
    return log.durationNanos();
  }

  @Override
  public long bytesReceived() {
    return log.bytesReceived();
  }

  @Override
  public long bytesSent() {
    return log.bytesSent();
  }

  @Override
  public WireBytes downstreamBytes() {
    return log.downstreamBytes();
  }

  @Override
  public WireBytes upstreamBytes() {
    return log.upstreamBytes();
  }

  @Override
  public int responseCode() {
    return log.responseCode();
  }

  @Override
  public Optional<String> responseCodeDetails() {
    return Optional.ofNullable(log.responseCodeDetails());
  }

  @Override
  public Set<ResponseFlag> flags() {
    EnumSet<ResponseFlag> flags = EnumSet.noneOf(ResponseFlag.class);
    for (ResponseFlag flag : ResponseFlag.values()) {
      if ((log.flagBits() & 1 << flag.ordinal()) != 0) {
        flags.add(flag);
      }
    }
    return flags;
  }

  @Override
  public int attempts() {
    return log.attempts();
  }

  @Override
  public Optional<String> upstreamHost() {
    return Optional.ofNullable(log.upstreamHost());
  }

  @Override
  public Optional<String> upstreamCluster() {
    return Optional.ofNullable(log.upstreamCluster());
  }

  @Override
  public String protocol() {
    return log.protocol();
  }

  @Override
  public String logType() {
    return log.logType();
  }

  @Override
  public Times times() {
    return log.times();
  }

  @Override
  public Optional<InetSocketAddress> upstreamLocalAddress() {
    return Optional.ofNullable(log.upstreamLocalAddress());
  }

  @Override
  public Optional<String> upstreamFailure() {
    return Optional.ofNullable(log.upstreamFailure());
  }

  @Override
  public boolean healthCheck() {
    return log.healthCheck;
  }
}
