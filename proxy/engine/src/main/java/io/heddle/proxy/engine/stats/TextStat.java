package io.heddle.proxy.engine.stats;

import io.heddle.proxy.api.StatsScope;

/** A text such as a version. Safe on every thread. */
final class TextStat implements StatsScope.Text {
  final StatName name;
  final boolean shown;
  private volatile String value = "";

  TextStat(StatName name, boolean shown) {
    this.name = name;
    this.shown = shown;
  }

  @Override
  public void set(String text) {
    value = text;
  }

  @Override
  public String value() {
    return value;
  }
}
