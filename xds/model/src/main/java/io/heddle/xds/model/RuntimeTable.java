package io.heddle.xds.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** A layer as RTDS brings it ({@code envoy.service.runtime.v3.Runtime}). */
public record RuntimeTable(String name, Map<String, RuntimeValue> values) {
  public RuntimeTable {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }
}
