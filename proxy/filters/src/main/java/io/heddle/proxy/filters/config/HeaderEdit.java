package io.heddle.proxy.filters.config;

import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.xds.model.StringMatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** One change to headers, compiled. */
public sealed interface HeaderEdit {
  /** Makes the change. */
  void apply(HeaderMap headers, HttpFilterContext context);

  /** Takes a header away. */
  record Remove(HeaderName name) implements HeaderEdit {
    @Override
    public void apply(HeaderMap headers, HttpFilterContext context) {
      headers.remove(name);
    }
  }

  /** Takes away the headers whose name matches. */
  record RemoveOnMatch(StringMatch match) implements HeaderEdit {
    @Override
    public void apply(HeaderMap headers, HttpFilterContext context) {
      Set<String> doomed = new LinkedHashSet<>();
      headers.forEach((name, value) -> {
        if (match.matches(name)) {
          doomed.add(name);
        }
      });
      for (String name : doomed) {
        headers.remove(HeaderName.of(name));
      }
    }
  }

  /** Puts a value in, as {@code envoy.config.core.v3.HeaderValueOption} says. */
  record Put(HeaderName name, ValueFormat value, HeaderAppendAction action, boolean keepEmpty)
      implements HeaderEdit {
    @Override
    public void apply(HeaderMap headers, HttpFilterContext context) {
      String text = value.format(context);
      if (text.isEmpty() && !keepEmpty) {
        return;
      }
      switch (action) {
        case APPEND_IF_EXISTS_OR_ADD -> headers.add(name, text);
        case ADD_IF_ABSENT -> {
          if (!headers.contains(name)) {
            put(headers, text);
          }
        }
        case OVERWRITE_IF_EXISTS_OR_ADD -> headers.set(name, text);
        case OVERWRITE_IF_EXISTS -> {
          if (headers.contains(name)) {
            headers.set(name, text);
          }
        }
        case UNRECOGNIZED -> throw new IllegalStateException("refused when parsed");
      }
    }

    private void put(HeaderMap headers, String text) {
      if (HeaderNames.special(name)) {
        headers.set(name, text);
      } else {
        headers.add(name, text);
      }
    }
  }

  /** Applies all of them in order. */
  static void applyAll(List<HeaderEdit> edits, HeaderMap headers, HttpFilterContext context) {
    for (int i = 0; i < edits.size(); i++) {
      edits.get(i).apply(headers, context);
    }
  }

  /** Compiles a list of options. */
  static List<HeaderEdit> of(
      List<HeaderValueOption> options, String path, String field, FilterFactoryContext context)
      throws FilterConfigException {
    List<HeaderEdit> edits = new ArrayList<>();
    for (int i = 0; i < options.size(); i++) {
      edits.add(of(options.get(i), SetFields.at(path, field, i), context));
    }
    return List.copyOf(edits);
  }

  /** Compiles one option. */
  @SuppressWarnings("deprecation") // Envoy still reads append, and so others write it.
  static HeaderEdit of(HeaderValueOption option, String path, FilterFactoryContext context)
      throws FilterConfigException {
    SetFields.allow(option, path, Set.of("header", "append", "append_action", "keep_empty_value"));
    HeaderValue header = option.getHeader();
    String headerPath = SetFields.at(path, "header");
    SetFields.allow(header, headerPath, Set.of("key", "value", "raw_value"));
    HeaderName name = HeaderNames.changeable(header.getKey(), SetFields.at(headerPath, "key"));
    if (!header.getValue().isEmpty() && !header.getRawValue().isEmpty()) {
      throw new FilterConfigException(
          SetFields.at(headerPath, "raw_value"), "set", "only one of value and raw_value");
    }
    HeaderAppendAction action = option.getAppendAction();
    if (option.hasAppend()) {
      if (option.getAppendActionValue() != 0) {
        throw new FilterConfigException(
            SetFields.at(path, "append"), "set", "only one of append and append_action");
      }
      action =
          option.getAppend().getValue()
              ? HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD
              : HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD;
    }
    if (action == HeaderAppendAction.UNRECOGNIZED) {
      throw new FilterConfigException(
          SetFields.at(path, "append_action"),
          Integer.toString(option.getAppendActionValue()),
          "a value of HeaderAppendAction");
    }
    if (action == HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD && HeaderNames.special(name)) {
      throw new FilterConfigException(
          SetFields.at(path, "append_action"),
          action.name(),
          "an action that leaves one " + name + ", such as OVERWRITE_IF_EXISTS_OR_ADD");
    }
    String text =
        header.getRawValue().isEmpty()
            ? header.getValue()
            : header.getRawValue().toString(StandardCharsets.ISO_8859_1);
    return new Put(
        name,
        ValueFormat.of(text, SetFields.at(headerPath, "value"), context),
        action,
        option.getKeepEmptyValue());
  }
}
