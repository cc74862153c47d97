package io.heddle.control.api.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Seeded mutations of good documents: the parser answers, with objects or errors, and never throws.
 */
class ObjectParserFuzzTest {
  private static final String SEED =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: catalog, labels: {a: b}}
      spec:
        parentRefs: [{kind: Service, group: "", name: catalog}]
        rules:
          - matches: [{path: {type: PathPrefix, value: /a}, method: GET}]
            backendRefs: [{name: v1, port: 80, weight: 9}, {name: v2, port: 80}]
            timeouts: {request: 10s}
      ---
      {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"ports": [{"port": 1}]}}
      """;

  private static final String PIECES = "{}[]:,-'\"#&*!|>%@`\n\t \\0a9.~?\u0000\u0085\ud800é";

  @Test
  void answersForAnyText() {
    Random random = new Random(20261124);
    int valid = 0;
    for (int i = 0; i < 4000; i++) {
      StringBuilder text = new StringBuilder(SEED);
      for (int changes = random.nextInt(6); changes > 0; changes--) {
        mutate(text, random);
      }
      ParseResult result = ObjectParser.parse("fuzz", text.toString());
      if (result.valid()) {
        valid++;
        result
            .objects()
            .forEach(object ->
                assertThat(ObjectParser.parse("again", ObjectWriter.toJson(object)).objects())
                    .containsExactly(object));
      } else {
        assertThat(result.errors()).allMatch(error -> error.line() >= 1);
      }
    }
    assertThat(valid).isBetween(100, 3900);
  }

  private static void mutate(StringBuilder text, Random random) {
    int at = random.nextInt(text.length());
    switch (random.nextInt(4)) {
      case 0 -> text.insert(at, PIECES.charAt(random.nextInt(PIECES.length())));
      case 1 -> text.deleteCharAt(at);
      case 2 -> text.setCharAt(at, PIECES.charAt(random.nextInt(PIECES.length())));
      default -> {
        int end = Math.min(text.length(), at + random.nextInt(40));
        text.insert(random.nextInt(text.length()), text.substring(at, end));
      }
    }
  }
}
