package io.heddle.proxy.filters.shed;

import com.google.protobuf.Struct;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.filters.config.OwnFields;
import java.util.Optional;

/**
 * What a route says of its requests.
 *
 * @param priority which counts before what callers and headers say
 */
record ShedRoute(Optional<Priority> priority) implements RouteFilterConfig {
  static ShedRoute of(Struct message) throws FilterConfigException {
    OwnFields fields = OwnFields.of(message);
    ShedRoute route = new ShedRoute(ShedConfig.priority(fields, "priority"));
    fields.end();
    return route;
  }
}
