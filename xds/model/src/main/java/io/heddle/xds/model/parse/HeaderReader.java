package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.HeaderMutations.Addition;
import io.heddle.xds.model.HeaderMutations.AppendAction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads header names and what is done to headers. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class HeaderReader {

  private static final String TOKEN_SYMBOLS = "!#$%&'*+-.^_`|~";

  private HeaderReader() {}

  /** Of a list named {@code headers_to_add}. */
  static HeaderMutations additions(List<HeaderValueOption> add, Path path, Findings findings) {
    List<Addition> additions = new ArrayList<>();
    for (int i = 0; i < add.size(); i++) {
      additions.add(addition(add.get(i), path.at("headers_to_add", i), findings));
    }
    return new HeaderMutations(additions, List.of());
  }

  /** Both lists of a level; {@code side} is {@code request} or {@code response}. */
  static HeaderMutations mutations(
      List<HeaderValueOption> add, List<String> remove, String side, Path path, Findings findings) {
    if (add.isEmpty() && remove.isEmpty()) {
      return HeaderMutations.NONE;
    }
    List<Addition> additions = additions(add, side + "_headers_to_add", path, findings);
    List<String> removals = new ArrayList<>();
    for (int i = 0; i < remove.size(); i++) {
      removals.add(changeable(remove.get(i), path.at(side + "_headers_to_remove", i), findings));
    }
    return new HeaderMutations(additions, removals);
  }

  /** One change; what is removed by a match the guard has refused. */
  static HeaderMutations mutation(HeaderMutation mutation, Path path, Findings findings) {
    return switch (mutation.getActionCase()) {
      case REMOVE ->
          new HeaderMutations(
              List.of(), List.of(changeable(mutation.getRemove(), path.field("remove"), findings)));
      case APPEND ->
          new HeaderMutations(
              List.of(addition(mutation.getAppend(), path.field("append"), findings)), List.of());
      case REMOVE_ON_MATCH -> HeaderMutations.NONE;
      case ACTION_NOT_SET -> {
        findings.error(path, "no action", "remove or append");
        yield HeaderMutations.NONE;
      }
    };
  }

  /** Headers to add, of the field of this name. */
  static List<Addition> additions(
      List<HeaderValueOption> add, String field, Path path, Findings findings) {
    List<Addition> additions = new ArrayList<>();
    for (int i = 0; i < add.size(); i++) {
      additions.add(addition(add.get(i), path.at(field, i), findings));
    }
    return additions;
  }

  private static Addition addition(HeaderValueOption option, Path path, Findings findings) {
    HeaderValue header = option.getHeader();
    String name = changeable(header.getKey(), path.field("header").field("key"), findings);
    String value = header.getValue();
    if (!header.getRawValue().isEmpty()) {
      value = header.getRawValue().toStringUtf8();
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\r' || c == '\n' || c == 0) {
        findings.error(
            path.field("header").field("value"),
            "character " + (int) c,
            "a value without CR, LF and NUL");
        break;
      }
    }
    return new Addition(name, value, action(option, path, findings), option.getKeepEmptyValue());
  }

  private static AppendAction action(HeaderValueOption option, Path path, Findings findings) {
    if (option.hasAppend()) {
      if (option.getAppendActionValue() != 0) {
        findings.error(path.field("append"), "set", "either append or append_action");
      }
      return option.getAppend().getValue()
          ? AppendAction.APPEND_IF_EXISTS_OR_ADD
          : AppendAction.OVERWRITE_IF_EXISTS_OR_ADD;
    }
    return switch (option.getAppendAction()) {
      case APPEND_IF_EXISTS_OR_ADD -> AppendAction.APPEND_IF_EXISTS_OR_ADD;
      case ADD_IF_ABSENT -> AppendAction.ADD_IF_ABSENT;
      case OVERWRITE_IF_EXISTS_OR_ADD -> AppendAction.OVERWRITE_IF_EXISTS_OR_ADD;
      case OVERWRITE_IF_EXISTS -> AppendAction.OVERWRITE_IF_EXISTS;
      case UNRECOGNIZED -> {
        findings.error(
            path.field("append_action"),
            Integer.toString(option.getAppendActionValue()),
            "a value of HeaderAppendAction");
        yield AppendAction.APPEND_IF_EXISTS_OR_ADD;
      }
    };
  }

  /** A name that may be added or removed: neither a pseudo-header nor the host. */
  static String changeable(String name, Path path, Findings findings) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.startsWith(":") || lower.equals("host")) {
      findings.error(path, name, "a header other than the host and pseudo-headers");
      return lower;
    }
    return name(name, path, findings);
  }

  /** A header name, in lower case. */
  static String name(String name, Path path, Findings findings) {
    if (!isToken(name)) {
      findings.error(path, name.isEmpty() ? "an empty string" : name, "a header name");
    }
    return name.toLowerCase(Locale.ROOT);
  }

  static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean allowed =
          (c >= '0' && c <= '9')
              || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || TOKEN_SYMBOLS.indexOf(c) >= 0;
      if (!allowed) {
        return false;
      }
    }
    return !text.isEmpty();
  }
}
