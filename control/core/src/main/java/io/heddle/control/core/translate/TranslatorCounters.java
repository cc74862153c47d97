package io.heddle.control.core.translate;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** How often each type was computed anew. Written by the translator, read by any thread. */
public final class TranslatorCounters {
  final LongAdder clusters = new LongAdder();
  final LongAdder endpoints = new LongAdder();
  final LongAdder routes = new LongAdder();
  final LongAdder listeners = new LongAdder();

  TranslatorCounters() {}

  /** The values by name. */
  public Map<String, Long> values() {
    Map<String, Long> values = new TreeMap<>();
    values.put("translate.clusters_recomputed", clusters.sum());
    values.put("translate.endpoints_recomputed", endpoints.sum());
    values.put("translate.routes_recomputed", routes.sum());
    values.put("translate.listeners_recomputed", listeners.sum());
    return values;
  }
}
