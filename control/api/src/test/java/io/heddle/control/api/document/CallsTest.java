package io.heddle.control.api.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.resource.Calls;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallsTest {
  private static ParseResult parsed(String annotation) {
    return ObjectParser.parse(
        "x.yaml",
        """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop, annotations: {heddle.io/calls: "%s"}}
        spec: {ports: [{port: 80}]}
        """
            .formatted(annotation));
  }

  private static boolean calls(String annotation, String namespace, String name) {
    return Calls.of(parsed(annotation).objects().getFirst())
        .includes(new ObjectKey(Kind.SERVICE, namespace, name));
  }

  @Test
  void readsNamesOfItsOwnAndOfOtherNamespaces() {
    assertThat(calls("stock, far/mail ,all/*", "shop", "stock")).isTrue();
    assertThat(calls("stock, far/mail ,all/*", "far", "mail")).isTrue();
    assertThat(calls("stock, far/mail ,all/*", "all", "any")).isTrue();
    assertThat(calls("stock, far/mail ,all/*", "far", "stock")).isFalse();
    assertThat(calls("*", "any", "any")).isTrue();
    assertThat(calls("", "shop", "stock")).isFalse();
  }

  @Test
  void callsAllWhereNothingIsSaid() {
    assertThat(
            Calls.of(
                ObjectParser.parse(
                        "x.yaml",
                        """
                        apiVersion: v1
                        kind: Service
                        metadata: {name: web}
                        spec: {ports: [{port: 80}]}
                        """)
                    .objects()
                    .getFirst()))
        .isEqualTo(Calls.ALL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Stock", "a,,b", "*/a", "a/b/c", "a/", "/a", "a b"})
  void refusesWhatIsNoName(String text) {
    assertThat(parsed(text).errors())
        .singleElement()
        .satisfies(
            error -> assertThat(error.field()).isEqualTo("metadata.annotations.heddle.io/calls"));
  }
}
