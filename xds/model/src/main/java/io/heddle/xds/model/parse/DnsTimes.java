package io.heddle.xds.model.parse;

import io.heddle.xds.model.ClusterConfig.DnsOptions;
import java.time.Duration;

/** Reads when names are looked up again; {@code path} is that of the rate after failures. */
record DnsTimes(Findings findings, Path path) {
  DnsOptions read(
      boolean logical,
      boolean set,
      com.google.protobuf.Duration baseInterval,
      boolean mostSet,
      com.google.protobuf.Duration maxInterval,
      Duration jitter,
      boolean respectTtl) {
    Duration base = Duration.ZERO;
    Duration most = Duration.ZERO;
    if (set) {
      base =
          findings.positive(true, baseInterval, Duration.ofSeconds(1), path.field("base_interval"));
      most =
          findings.positive(
              mostSet, maxInterval, base.multipliedBy(10), path.field("max_interval"));
      if (most.compareTo(base) < 0) {
        findings.error(path.field("max_interval"), most.toString(), "at least the base_interval");
      }
    }
    return new DnsOptions(logical, base, most, jitter, respectTtl);
  }
}
