package io.heddle.proxy.filters.headermutation;

import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.filters.config.HeaderEdit;
import io.heddle.proxy.filters.config.HeaderNames;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.config.StringMatchers;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What one level of configuration changes ({@code header_mutation.v3.Mutations}). */
record Mutations(
    List<HeaderEdit> request,
    List<QueryEdit> query,
    List<HeaderEdit> response,
    List<HeaderEdit> requestTrailers,
    List<HeaderEdit> responseTrailers)
    implements RouteFilterConfig {

  static Mutations of(
      io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations mutations,
      FilterFactoryContext context)
      throws FilterConfigException {
    String path = "mutations";
    SetFields.allow(
        mutations,
        path,
        Set.of(
            "request_mutations",
            "query_parameter_mutations",
            "response_mutations",
            "request_trailers_mutations",
            "response_trailers_mutations"));
    return new Mutations(
        edits(mutations.getRequestMutationsList(), path, "request_mutations", false, context),
        QueryEdit.of(mutations.getQueryParameterMutationsList(), path, context),
        edits(mutations.getResponseMutationsList(), path, "response_mutations", false, context),
        edits(
            mutations.getRequestTrailersMutationsList(),
            path,
            "request_trailers_mutations",
            true,
            context),
        edits(
            mutations.getResponseTrailersMutationsList(),
            path,
            "response_trailers_mutations",
            true,
            context));
  }

  private static List<HeaderEdit> edits(
      List<HeaderMutation> mutations,
      String path,
      String field,
      boolean trailers,
      FilterFactoryContext context)
      throws FilterConfigException {
    List<HeaderEdit> edits = new ArrayList<>();
    for (int i = 0; i < mutations.size(); i++) {
      String at = SetFields.at(path, field, i);
      HeaderEdit edit = edit(mutations.get(i), at, context);
      if (trailers && edit instanceof HeaderEdit.Put put && HeaderNames.special(put.name())) {
        throw new FilterConfigException(
            SetFields.at(at, "append.header.key"), put.name().toString(), "a trailer's name");
      }
      edits.add(edit);
    }
    return List.copyOf(edits);
  }

  private static HeaderEdit edit(HeaderMutation mutation, String path, FilterFactoryContext context)
      throws FilterConfigException {
    SetFields.allow(mutation, path, Set.of("remove", "append", "remove_on_match"));
    return switch (mutation.getActionCase()) {
      case REMOVE -> {
        String at = SetFields.at(path, "remove");
        HeaderName name = HeaderNames.changeable(mutation.getRemove(), at);
        if (HeaderNames.special(name)) {
          throw new FilterConfigException(
              at, mutation.getRemove(), "neither a pseudo-header nor host");
        }
        yield new HeaderEdit.Remove(name);
      }
      case APPEND -> HeaderEdit.of(mutation.getAppend(), SetFields.at(path, "append"), context);
      case REMOVE_ON_MATCH -> {
        String at = SetFields.at(path, "remove_on_match");
        SetFields.allow(mutation.getRemoveOnMatch(), at, Set.of("key_matcher"));
        yield new HeaderEdit.RemoveOnMatch(
            StringMatchers.of(
                mutation.getRemoveOnMatch().getKeyMatcher(), SetFields.at(at, "key_matcher")));
      }
      case ACTION_NOT_SET ->
          throw new FilterConfigException(path, "no action", "remove, append or remove_on_match");
    };
  }

  boolean touchesRequest() {
    return !request.isEmpty() || !query.isEmpty();
  }
}
