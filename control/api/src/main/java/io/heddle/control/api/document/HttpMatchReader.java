package io.heddle.control.api.document;

import io.heddle.control.api.resource.HttpMatch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Reads one match of an {@code HTTPRoute}. */
final class HttpMatchReader {
  private static final Map<String, HttpMatch.PathMatchType> PATH_TYPES = pathTypes();
  private static final Map<String, HttpMatch.ValueMatchType> VALUE_TYPES = valueTypes();
  private static final Syntax PATH_REGEX = Syntax.regex(1024);

  private HttpMatchReader() {}

  private static Map<String, HttpMatch.PathMatchType> pathTypes() {
    Map<String, HttpMatch.PathMatchType> all = new TreeMap<>();
    for (HttpMatch.PathMatchType type : HttpMatch.PathMatchType.values()) {
      all.put(type.text(), type);
    }
    return all;
  }

  private static Map<String, HttpMatch.ValueMatchType> valueTypes() {
    Map<String, HttpMatch.ValueMatchType> all = new TreeMap<>();
    for (HttpMatch.ValueMatchType type : HttpMatch.ValueMatchType.values()) {
      all.put(type.text(), type);
    }
    return all;
  }

  static HttpMatch read(Fields match) {
    Fields path = match.mapping("path");
    HttpMatch.PathMatchType type =
        path.choice("type", PATH_TYPES, HttpMatch.PathMatchType.PATH_PREFIX);
    Syntax syntax = type == HttpMatch.PathMatchType.REGULAR_EXPRESSION ? PATH_REGEX : Syntax.PATH;
    String value = path.text("value", syntax);
    path.end();
    List<HttpMatch.ValueMatch> headers = values(match, "headers", true, 4096);
    List<HttpMatch.ValueMatch> query = values(match, "queryParams", false, 1024);
    String method = match.text("method", Syntax.METHOD);
    match.end();
    return new HttpMatch(
        new HttpMatch.PathMatch(type, value.isEmpty() ? "/" : value), headers, query, method);
  }

  /** {@code type} of a value that is compared. */
  static HttpMatch.ValueMatchType valueType(Fields item) {
    return item.choice("type", VALUE_TYPES, HttpMatch.ValueMatchType.EXACT);
  }

  static List<HttpMatch.ValueMatch> values(Fields match, String field, boolean headers, int most) {
    List<HttpMatch.ValueMatch> found = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Fields item : match.mappings(field, 16)) {
      HttpMatch.ValueMatchType type = valueType(item);
      String name = item.requiredText("name", Syntax.HEADER_NAME);
      Syntax syntax =
          type == HttpMatch.ValueMatchType.EXACT ? Syntax.upTo(most) : Syntax.regex(most);
      String value = item.requiredText("value", syntax);
      item.end();
      if (item.has("name") && !names.add(headers ? name.toLowerCase(Locale.ROOT) : name)) {
        item.wrong("name", Problems.quote(name) + " stands twice", "unique names");
      }
      found.add(new HttpMatch.ValueMatch(type, name, value));
    }
    return found;
  }
}
