package io.heddle.xds.server;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.envoyproxy.envoy.type.matcher.v3.NodeMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StructMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.heddle.xds.model.StringMatch;
import java.util.ArrayList;
import java.util.List;

/**
 * Which nodes a question is about ({@code envoy.type.matcher.v3.NodeMatcher}): any that one of the
 * matchers takes; every one where there is no matcher. Of the metadata only strings at the top are
 * known here.
 */
final class NodeFilter {
  private static final int MOST_MATCHERS = 64;
  private static final int LONGEST_REGEX = 1_024;

  /** A test of one metadata value. */
  private record Metadata(String key, StringMatch value) {}

  private record Matcher(List<StringMatch> id, List<Metadata> metadata) {
    boolean matches(NodeInfo node) {
      for (StringMatch match : id) {
        if (!match.matches(node.id())) {
          return false;
        }
      }
      for (Metadata each : metadata) {
        String value = node.metadata().get(each.key());
        if (value == null || !each.value().matches(value)) {
          return false;
        }
      }
      return true;
    }
  }

  private final List<Matcher> matchers;

  private NodeFilter(List<Matcher> matchers) {
    this.matchers = matchers;
  }

  /**
   * @throws StatusRuntimeException INVALID_ARGUMENT, naming the field that is not understood
   */
  static NodeFilter parse(List<NodeMatcher> protos) {
    if (protos.size() > MOST_MATCHERS) {
      throw refused("node_matchers", protos.size() + " matchers", "at most " + MOST_MATCHERS);
    }
    List<Matcher> matchers = new ArrayList<>();
    for (int i = 0; i < protos.size(); i++) {
      String field = "node_matchers[" + i + "].";
      NodeMatcher proto = protos.get(i);
      List<Metadata> metadata = new ArrayList<>();
      for (int m = 0; m < proto.getNodeMetadatasCount(); m++) {
        metadata.add(metadata(field + "node_metadatas[" + m + "]", proto.getNodeMetadatas(m)));
      }
      matchers.add(
          new Matcher(
              proto.hasNodeId() ? List.of(string(field + "node_id", proto.getNodeId())) : List.of(),
              List.copyOf(metadata)));
    }
    return new NodeFilter(List.copyOf(matchers));
  }

  boolean matches(NodeInfo node) {
    for (Matcher matcher : matchers) {
      if (matcher.matches(node)) {
        return true;
      }
    }
    return matchers.isEmpty();
  }

  private static Metadata metadata(String field, StructMatcher proto) {
    if (proto.getPathCount() != 1) {
      throw refused(field + ".path", proto.getPathCount() + " segments", "one");
    }
    String key = proto.getPath(0).getKey();
    ValueMatcher value = proto.getValue();
    return switch (value.getMatchPatternCase()) {
      case STRING_MATCH ->
          new Metadata(key, string(field + ".value.string_match", value.getStringMatch()));
      case PRESENT_MATCH -> {
        if (!value.getPresentMatch()) {
          throw refused(field + ".value.present_match", "false", "true");
        }
        yield new Metadata(key, new StringMatch.Prefix("", false));
      }
      case NULL_MATCH, DOUBLE_MATCH, BOOL_MATCH, LIST_MATCH, OR_MATCH, MATCHPATTERN_NOT_SET ->
          throw refused(
              field + ".value",
              value.getMatchPatternCase().toString(),
              "string_match or present_match");
    };
  }

  private static StringMatch string(String field, StringMatcher proto) {
    boolean ignoreCase = proto.getIgnoreCase();
    return switch (proto.getMatchPatternCase()) {
      case EXACT -> new StringMatch.Exact(proto.getExact(), ignoreCase);
      case PREFIX -> new StringMatch.Prefix(proto.getPrefix(), ignoreCase);
      case SUFFIX -> new StringMatch.Suffix(proto.getSuffix(), ignoreCase);
      case CONTAINS -> new StringMatch.Contains(proto.getContains(), ignoreCase);
      case SAFE_REGEX -> regex(field + ".safe_regex.regex", proto.getSafeRegex().getRegex());
      case CUSTOM, MATCHPATTERN_NOT_SET ->
          throw refused(
              field,
              proto.getMatchPatternCase().toString(),
              "exact, prefix, suffix, contains or safe_regex");
    };
  }

  private static StringMatch regex(String field, String regex) {
    if (regex.length() > LONGEST_REGEX) {
      throw refused(field, regex.length() + " characters", "at most " + LONGEST_REGEX);
    }
    try {
      return new StringMatch.Regex(Pattern.compile(regex));
    } catch (PatternSyntaxException e) {
      throw refused(field, regex, "RE2 syntax: " + e.getDescription());
    }
  }

  private static StatusRuntimeException refused(String field, String offending, String expected) {
    return Status.INVALID_ARGUMENT
        .withDescription("%s: %s (expected: %s)".formatted(field, offending, expected))
        .asRuntimeException();
  }
}
