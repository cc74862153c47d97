package io.heddle.benchmarks.protections;

import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;

/** A filter that does nothing, to be taken off the others. */
enum EmptyConfig implements HttpFilterConfig {
  EMPTY;

  @Override
  public HttpFilter newFilter(HttpFilterContext context) {
    return new HttpFilter() {};
  }
}
