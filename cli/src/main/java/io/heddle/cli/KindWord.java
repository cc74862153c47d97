package io.heddle.cli;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The kinds of objects and what users call them. */
enum KindWord {
  SERVICE("Service", "services", "svc"),
  WORKLOAD_ENTRY("WorkloadEntry", "workloadentries", "we"),
  GATEWAY("Gateway", "gateways", "gtw"),
  HTTP_ROUTE("HTTPRoute", "httproutes", "route");

  private final String kindName;
  private final String plural;
  private final String shortName;

  KindWord(String kindName, String plural, String shortName) {
    this.kindName = kindName;
    this.plural = plural;
    this.shortName = shortName;
  }

  /** Singular, plural, short name or {@code plural.group}, in any case. */
  static KindWord parse(String word) {
    return ofWord(word)
        .orElseThrow(() ->
            UsageFailure.of(
                "unknown kind: "
                    + word
                    + " (expected: one of "
                    + List.of(values()).stream()
                        .map(KindWord::plural)
                        .collect(Collectors.joining(", "))
                    + ")"));
  }

  static Optional<KindWord> ofWord(String word) {
    String lower = word.toLowerCase(Locale.ROOT);
    String bare = lower.contains(".") ? lower.substring(0, lower.indexOf('.')) : lower;
    for (KindWord kind : values()) {
      if (bare.equals(kind.kindName.toLowerCase(Locale.ROOT))
          || bare.equals(kind.plural)
          || bare.equals(kind.shortName)
          || bare.equals(kind.shortName + "s")) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  String kindName() {
    return kindName;
  }

  String plural() {
    return plural;
  }
}
