package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import io.envoyproxy.envoy.type.v3.Percent;
import io.heddle.xds.model.LbPolicy;
import io.heddle.xds.model.LbPolicy.HashFunction;
import io.heddle.xds.model.LbPolicy.Hashing;
import io.heddle.xds.model.LbPolicy.LocalityLb;
import io.heddle.xds.model.LbPolicy.OverrideSource;
import io.heddle.xds.model.LbPolicy.SlowStart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what several load-balancing policies have in common. */
final class LbSettingsReader {
  private static final long MOST_RING = 8L << 20;
  private static final long DEFAULT_RING = 1024;
  private static final long MOST_TABLE = 5_000_011;
  private static final long DEFAULT_TABLE = 65_537;

  private final Findings findings;

  LbSettingsReader(Findings findings) {
    this.findings = findings;
  }

  /** Notes an error where an enum has a value that is not of it. */
  void known(boolean unrecognised, int value, Path path) {
    if (unrecognised) {
      findings.error(path, Integer.toString(value), "a value of the enum");
    }
  }

  LocalityLb locality(LocalityLbConfig config, Path path) {
    return switch (config.getLocalityConfigSpecifierCase()) {
      case LOCALITY_WEIGHTED_LB_CONFIG -> LocalityLb.Weighted.WEIGHTED;
      case ZONE_AWARE_LB_CONFIG -> {
        var zone = config.getZoneAwareLbConfig();
        Path here = path.field("zone_aware_lb_config");
        known(
            zone.getLocalityBasis()
                == LocalityLbConfig.ZoneAwareLbConfig.LocalityBasis.UNRECOGNIZED,
            zone.getLocalityBasisValue(),
            here.field("locality_basis"));
        long forced = 0;
        if (zone.hasForceLocalZone()) {
          var size = zone.getForceLocalZone();
          forced = size.hasMinSize() ? Integer.toUnsignedLong(size.getMinSize().getValue()) : 1;
        }
        yield zoneAware(
            zone.hasRoutingEnabled(),
            zone.getRoutingEnabled(),
            zone.hasMinClusterSize(),
            zone.getMinClusterSize().getValue(),
            zone.getFailTrafficOnPanic(),
            forced,
            zone.getLocalityBasis()
                == LocalityLbConfig.ZoneAwareLbConfig.LocalityBasis.HEALTHY_HOSTS_WEIGHT,
            here);
      }
      case LOCALITYCONFIGSPECIFIER_NOT_SET -> LocalityLb.ZoneAware.DEFAULT;
    };
  }

  LocalityLb.ZoneAware zoneAware(
      boolean enabledSet,
      Percent enabled,
      boolean minimumSet,
      long minimum,
      boolean failOnPanic,
      long forced,
      boolean byWeight,
      Path path) {
    LocalityLb.ZoneAware absent = LocalityLb.ZoneAware.DEFAULT;
    return new LocalityLb.ZoneAware(
        enabledSet
            ? percent(enabled, absent.routingEnabled(), path.field("routing_enabled"))
            : absent.routingEnabled(),
        minimumSet ? minimum : absent.minimumClusterSize(),
        failOnPanic,
        forced,
        byWeight);
  }

  double percent(Percent percent, double absent, Path path) {
    double value = percent.getValue();
    if (!(value >= 0 && value <= 100)) {
      findings.error(path.field("value"), Double.toString(value), "0 to 100");
      return absent;
    }
    return value;
  }

  /** The default of a value that a runtime key could override. */
  double runtimeDouble(boolean set, RuntimeDouble value, double absent, Path path) {
    if (!set) {
      return absent;
    }
    findings.required(value.getRuntimeKey(), path.field("runtime_key"));
    double read = value.getDefaultValue();
    if (!(read >= 0 && read <= 1e6)) {
      findings.error(path.field("default_value"), Double.toString(read), "0 to 1000000");
      return absent;
    }
    return read;
  }

  Optional<SlowStart> slowStart(boolean set, SlowStartConfig config, Path path) {
    return slowStart(
        set,
        config.getSlowStartWindow(),
        config.hasAggression(),
        config.getAggression(),
        config.hasMinWeightPercent(),
        config.getMinWeightPercent(),
        path);
  }

  Optional<SlowStart> slowStart(
      boolean set,
      com.google.protobuf.Duration window,
      boolean aggressionSet,
      RuntimeDouble aggression,
      boolean leastSet,
      Percent least,
      Path path) {
    if (!set) {
      return Optional.empty();
    }
    Duration over = findings.duration(true, window, Duration.ZERO, path.field("slow_start_window"));
    double speed = runtimeDouble(aggressionSet, aggression, 1, path.field("aggression"));
    if (speed <= 0) {
      findings.error(
          path.field("aggression").field("default_value"),
          Double.toString(speed),
          "a number above 0");
    }
    double minimum = leastSet ? percent(least, 10, path.field("min_weight_percent")) : 10;
    return over.isZero() ? Optional.empty() : Optional.of(new SlowStart(over, speed, minimum));
  }

  Hashing hashing(boolean hostname, boolean factorSet, int factor, Path path) {
    return new Hashing(hostname, findings.bounded(factorSet, factor, 0, 100, 1_000_000, path));
  }

  LbPolicy.RingHash ring(
      boolean leastSet,
      long least,
      boolean mostSet,
      long most,
      HashFunction function,
      Hashing hashing,
      boolean weighted,
      Path path) {
    long minimum = size(leastSet, least, DEFAULT_RING, path.field("minimum_ring_size"));
    long maximum = size(mostSet, most, MOST_RING, path.field("maximum_ring_size"));
    if (minimum > maximum) {
      findings.error(
          path.field("minimum_ring_size"),
          Long.toString(minimum),
          "at most the maximum_ring_size of " + maximum);
      maximum = minimum;
    }
    return new LbPolicy.RingHash(minimum, maximum, function, hashing, weighted);
  }

  private long size(boolean set, long value, long absent, Path path) {
    if (!set) {
      return absent;
    }
    if (value < 1 || value > MOST_RING) {
      findings.error(path, Long.toUnsignedString(value), "1 to " + MOST_RING);
      return absent;
    }
    return value;
  }

  long tableSize(boolean set, long value, Path path) {
    if (!set) {
      return DEFAULT_TABLE;
    }
    if (value < 2 || value > MOST_TABLE || !prime(value)) {
      findings.error(path, Long.toUnsignedString(value), "a prime number up to " + MOST_TABLE);
      return DEFAULT_TABLE;
    }
    return value;
  }

  private static boolean prime(long value) {
    for (long divisor = 2; divisor * divisor <= value; divisor++) {
      if (value % divisor == 0) {
        return false;
      }
    }
    return true;
  }

  OverrideSource.Metadata metadataKey(MetadataKey key, Path path) {
    findings.required(key.getKey(), path.field("key"));
    List<String> segments = new ArrayList<>();
    for (int i = 0; i < key.getPathCount(); i++) {
      segments.add(findings.required(key.getPath(i).getKey(), path.at("path", i).field("key")));
    }
    if (segments.isEmpty()) {
      findings.error(path.field("path"), "no segment", "at least one");
    }
    return new OverrideSource.Metadata(key.getKey(), segments);
  }
}
