package io.heddle.cli;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Kinds;
import java.util.Optional;
import java.util.stream.Collectors;

/** What users call a kind of objects. */
record KindWord(Kind kind) {
  /** Singular, plural, short name or {@code plural.group}, in any case. */
  static KindWord parse(String word) {
    return ofWord(word)
        .orElseThrow(() ->
            UsageFailure.of(
                "unknown kind: "
                    + word
                    + " (expected: one of "
                    + Kinds.all().stream().map(Kind::plural).collect(Collectors.joining(", "))
                    + ")"));
  }

  static Optional<KindWord> ofWord(String word) {
    return Kinds.ofWord(word).map(KindWord::new);
  }

  String kindName() {
    return kind.kindName();
  }

  String plural() {
    return kind.plural();
  }
}
