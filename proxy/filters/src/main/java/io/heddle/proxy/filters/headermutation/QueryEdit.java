package io.heddle.proxy.filters.headermutation;

import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.KeyValueAppend;
import io.envoyproxy.envoy.config.core.v3.KeyValueAppend.KeyValueAppendAction;
import io.envoyproxy.envoy.config.core.v3.KeyValueMutation;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.config.ValueFormat;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One change to the query of a path. Parameters that are not touched stay byte for byte as they
 * are.
 *
 * @param value what to put; empty to remove
 */
record QueryEdit(String key, Optional<ValueFormat> value, KeyValueAppendAction action) {

  static List<QueryEdit> of(
      List<KeyValueMutation> mutations, String path, FilterFactoryContext context)
      throws FilterConfigException {
    List<QueryEdit> edits = new ArrayList<>();
    for (int i = 0; i < mutations.size(); i++) {
      edits.add(of(mutations.get(i), SetFields.at(path, "query_parameter_mutations", i), context));
    }
    return List.copyOf(edits);
  }

  private static QueryEdit of(KeyValueMutation mutation, String path, FilterFactoryContext context)
      throws FilterConfigException {
    SetFields.allow(mutation, path, Set.of("append", "remove"));
    if (mutation.hasAppend() != mutation.getRemove().isEmpty()) {
      throw new FilterConfigException(
          path, mutation.hasAppend() ? "both" : "neither", "one of append and remove");
    }
    if (!mutation.hasAppend()) {
      return new QueryEdit(
          mutation.getRemove(), Optional.empty(), KeyValueAppendAction.APPEND_IF_EXISTS_OR_ADD);
    }
    KeyValueAppend append = mutation.getAppend();
    String at = SetFields.at(path, "append");
    SetFields.allow(append, at, Set.of("record", "action"));
    String key = append.getRecord().getKey();
    Value value = append.getRecord().getValue();
    if (key.isEmpty() || key.length() > 16_384) {
      throw new FilterConfigException(
          SetFields.at(at, "record.key"), key.length() + " characters", "1 to 16384");
    }
    if (!value.hasStringValue()) {
      throw new FilterConfigException(
          SetFields.at(at, "record.value"), value.getKindCase().name(), "a string");
    }
    if (append.getAction() == KeyValueAppendAction.UNRECOGNIZED) {
      throw new FilterConfigException(
          SetFields.at(at, "action"),
          Integer.toString(append.getActionValue()),
          "a value of KeyValueAppendAction");
    }
    return new QueryEdit(
        key,
        Optional.of(
            ValueFormat.of(value.getStringValue(), SetFields.at(at, "record.value"), context)),
        append.getAction());
  }

  /** Applies all of them to the path of a request. */
  static void applyAll(List<QueryEdit> edits, RequestHeaders headers, HttpFilterContext context) {
    String path = headers.path();
    if (edits.isEmpty() || !path.startsWith("/")) {
      return;
    }
    int question = path.indexOf('?');
    List<String> parameters = new ArrayList<>();
    if (question >= 0 && question < path.length() - 1) {
      parameters.addAll(List.of(path.substring(question + 1).split("&", -1)));
    }
    for (QueryEdit edit : edits) {
      edit.apply(parameters, context);
    }
    String before = question < 0 ? path : path.substring(0, question);
    headers.path(parameters.isEmpty() ? before : before + '?' + String.join("&", parameters));
  }

  private void apply(List<String> parameters, HttpFilterContext context) {
    if (value.isEmpty()) {
      parameters.removeIf(this::isOurs);
      return;
    }
    boolean exists = parameters.stream().anyMatch(this::isOurs);
    String put = encode(key) + '=' + encode(value.get().format(context));
    switch (action) {
      case APPEND_IF_EXISTS_OR_ADD -> parameters.add(put);
      case ADD_IF_ABSENT -> {
        if (!exists) {
          parameters.add(put);
        }
      }
      case OVERWRITE_IF_EXISTS_OR_ADD -> {
        parameters.removeIf(this::isOurs);
        parameters.add(put);
      }
      case OVERWRITE_IF_EXISTS -> {
        if (exists) {
          parameters.removeIf(this::isOurs);
          parameters.add(put);
        }
      }
      case UNRECOGNIZED -> throw new IllegalStateException("refused when parsed");
    }
  }

  private boolean isOurs(String parameter) {
    int equals = parameter.indexOf('=');
    String name = equals < 0 ? parameter : parameter.substring(0, equals);
    if (name.equals(key)) {
      return true;
    }
    try {
      return name.indexOf('%') >= 0
          && URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8).equals(key);
    } catch (IllegalArgumentException notEncoded) {
      return false;
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
