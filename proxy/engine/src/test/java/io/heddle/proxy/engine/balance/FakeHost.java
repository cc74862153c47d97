package io.heddle.proxy.engine.balance;

import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.StructValue;
import java.util.LinkedHashMap;
import java.util.Map;

/** A host that is whatever its test says. */
final class FakeHost implements BalancedHost {
  private final String address;
  final HostLoad load = new HostLoad();
  long weight = 1;
  int active;
  Availability availability = Availability.HEALTHY;
  Locality locality = Locality.NONE;
  boolean leftOut;
  String hostname = "";
  long healthySince = Long.MIN_VALUE / 2;
  final Map<String, StructValue> metadata = new LinkedHashMap<>();

  FakeHost(String address) {
    this.address = address;
  }

  FakeHost weight(long value) {
    weight = value;
    return this;
  }

  FakeHost health(Availability value) {
    availability = value;
    return this;
  }

  FakeHost zone(String zone) {
    locality = new Locality("", zone, "");
    return this;
  }

  FakeHost with(String key, String value) {
    metadata.put(key, new StructValue.Text(value));
    return this;
  }

  @Override
  public String address() {
    return address;
  }

  @Override
  public long weight() {
    return weight;
  }

  @Override
  public int activeRequests() {
    return active;
  }

  @Override
  public Availability availability() {
    return availability;
  }

  @Override
  public boolean leftOut() {
    return leftOut;
  }

  @Override
  public Locality locality() {
    return locality;
  }

  @Override
  public String hostname() {
    return hostname;
  }

  @Override
  public Map<String, StructValue.Fields> metadata() {
    return Map.of("envoy.lb", new StructValue.Fields(metadata));
  }

  @Override
  public long healthySinceNanos() {
    return healthySince;
  }

  @Override
  public HostLoad load() {
    return load;
  }

  @Override
  public String toString() {
    return address;
  }
}
