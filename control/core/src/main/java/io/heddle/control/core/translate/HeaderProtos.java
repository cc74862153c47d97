package io.heddle.control.core.translate;

import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteFilter.HeaderChanges;
import java.util.ArrayList;
import java.util.List;

/**
 * What the header modifiers of a rule or backend do, as Envoy writes it.
 *
 * @param add additions, those that replace first
 */
record HeaderProtos(List<HeaderValueOption> add, List<String> remove) {
  static HeaderProtos ofRequest(List<HttpRouteFilter> filters) {
    List<HeaderChanges> changes = new ArrayList<>();
    for (HttpRouteFilter filter : filters) {
      if (filter instanceof HttpRouteFilter.RequestHeaderModifier modifier) {
        changes.add(modifier.changes());
      }
    }
    return of(changes);
  }

  static HeaderProtos ofResponse(List<HttpRouteFilter> filters) {
    List<HeaderChanges> changes = new ArrayList<>();
    for (HttpRouteFilter filter : filters) {
      if (filter instanceof HttpRouteFilter.ResponseHeaderModifier modifier) {
        changes.add(modifier.changes());
      }
    }
    return of(changes);
  }

  private static HeaderProtos of(List<HeaderChanges> all) {
    List<HeaderValueOption> add = new ArrayList<>();
    List<String> remove = new ArrayList<>();
    for (HeaderChanges changes : all) {
      changes.set().forEach(h -> add.add(option(h, HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)));
      changes.add().forEach(h -> add.add(option(h, HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD)));
      remove.addAll(changes.remove());
    }
    return new HeaderProtos(add, remove);
  }

  private static HeaderValueOption option(
      HttpRouteFilter.HeaderValue header, HeaderAppendAction action) {
    // A percent sign would begin a command operator.
    return HeaderValueOption.newBuilder()
        .setHeader(
            HeaderValue.newBuilder()
                .setKey(header.name())
                .setValue(header.value().replace("%", "%%")))
        .setAppendAction(action)
        .setKeepEmptyValue(true)
        .build();
  }
}
